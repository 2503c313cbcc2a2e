/**
 * The scheduler: takes a plan from its sources to its targets.
 *
 * It decides when; whether is the rebuilder's part, where the runner's. A node first gets its key and
 * looks for an earlier result, which takes no slot; only a command that must run waits for one. Equal
 * actions under way at once are one. When a blob turns out to be lost, the node goes back to wait, and
 * what made the blob runs again.
 *
 * @module
 */
import { setMaxListeners } from "node:events";

import { aside } from "../base/aside.ts";
import { parseDigest, type Digest } from "../digest/digest.ts";
import { BuildError, withFacts } from "../errors/build-error.ts";
import { clockDeadlock } from "../errors/clock-errors.ts";
import { runnerFailed } from "../errors/runner-errors.ts";
import { blobLost } from "../errors/store-errors.ts";
import { isSuccess } from "../events/event.ts";
import { needsOfCall } from "../graph/closure.ts";
import type { NodeId, PlanNode } from "../graph/plan.ts";
import type { Expand } from "../graph/stage.ts";
import { Rebuilder, type Produced } from "../rebuild/rebuilder.ts";
import type { Traced } from "../rebuild/trace.ts";
import { CommandWork } from "./command-work.ts";
import { Expansions } from "./expansions.ts";
import { Frontier } from "./frontier.ts";
import { Provisioner } from "./provision.ts";
import type { ScheduleOptions } from "./schedule-options.ts";
import { SecretKeeper } from "./secret-keeper.ts";
import { Settlements, type SettlementParts } from "./settlements.ts";

/** Nodes whose keys are being computed or looked up at once. */
const maxDeciding = 64;

/** Times a node may go back because of lost blobs. */
const maxRewinds = 5;

/** Takes one plan through one build. */
export class Scheduler {
  readonly #options: ScheduleOptions;
  readonly #frontier: Frontier;
  readonly #rebuilder: Rebuilder;
  readonly #provisioner: Provisioner;
  /** Aborted when the build is, and at the first failure unless it is to keep going. */
  readonly #stop = new AbortController();
  readonly #settlements: Settlements;
  readonly #expansions: Expansions;
  readonly #work: CommandWork;
  readonly #rewinds = new Map<NodeId, number>();
  /** Why nothing more is started, in one clause. */
  #stopReason = "";
  #deciding = 0;
  #active = 0;
  #crash: { readonly error: unknown } | undefined;
  #finish: () => void = () => {};

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#settlements = new Settlements(options);
    this.#frontier = new Frontier(options.plan);
    this.#rebuilder = new Rebuilder(options.store);
    const secrets = new SecretKeeper(options.variables);
    const { caches } = options.store;
    const { clock } = options;
    this.#provisioner = new Provisioner({ secrets, caches, clock });
    const { signal } = this.#stop;
    // Each command that waits or runs listens to it: there may be any number.
    setMaxListeners(0, signal);
    const inside = { ...options, signal, known: this.#settlements };
    this.#expansions = new Expansions(inside);
    this.#work = new CommandWork({
      ...inside,
      provisioner: this.#provisioner,
      rebuilder: this.#rebuilder,
    });
  }

  /** What became of each node. */
  get settlements(): Settlements {
    return this.#settlements;
  }

  /** Resolves when every node has settled. Rejects only for a fault outside of any stage. */
  async run(): Promise<void> {
    const { signal, clock } = this.#options;
    const { activity } = clock;
    const halt = (): void => this.#halt(signal.reason, "the build was cancelled");
    signal.addEventListener("abort", halt, { once: true });
    try {
      if (signal.aborted) halt();
      using _ = activity?.onStuck((waits) => this.#giveUp(waits));
      const over = new Promise<void>((resolve) => {
        this.#finish = resolve;
        this.#frontier.succeedAtOnce((node) => this.#isTraced(node));
        this.#advance();
      });
      await aside(clock, undefined, over);
    } finally {
      signal.removeEventListener("abort", halt);
      await this.#provisioner[Symbol.asyncDispose]();
    }
    if (this.#crash !== undefined) throw this.#crash.error;
  }

  /** Settles a node if it is as recorded, and there is nothing else to do. */
  #isTraced(node: PlanNode): boolean {
    if (node.isTarget || this.#stop.signal.aborted) return false;
    return this.#recordTraced(node, this.#find(node));
  }

  /** What the last build has recorded of a node, if that holds. A dynamic stage is described anew. */
  #find(node: PlanNode): Traced | undefined {
    return node.call.expand === undefined ? this.#options.trace.find(node) : undefined;
  }

  /**
   * Takes a recorded result as it is, if nobody has to look at it: what was asked for is made sure of; what
   * only led to it need not be there.
   */
  #recordTraced(node: PlanNode, traced: Traced | undefined): boolean {
    if (traced === undefined || node.isTarget || this.#work.hasLog(traced)) return false;
    this.#settlements.recordTraced(node, traced);
    return true;
  }

  /** Starts what can be started; ends the build when nothing is left. */
  #advance(): void {
    while (this.#deciding < maxDeciding) {
      const node = this.#frontier.take();
      if (node === undefined) break;
      const traced = this.#find(node);
      if (this.#recordTraced(node, traced)) {
        this.#frontier.succeed(node.id);
        continue;
      }
      this.#deciding++;
      this.#active++;
      void this.#process(node, traced);
    }
    if (this.#frontier.done && this.#active === 0) this.#finish();
  }

  async #process(node: PlanNode, traced: Traced | undefined): Promise<void> {
    using _ = this.#options.clock.activity?.begin();
    let isDeciding = true;
    const decided = (): void => {
      if (isDeciding) this.#deciding--;
      isDeciding = false;
    };
    try {
      if (traced !== undefined && (await this.#isWhole(node, traced))) {
        decided();
        await this.#secure(node, traced);
        const remarks = await this.#work.replay(node, traced);
        return this.#settle(node, {
          outcome: "reused",
          key: traced.key,
          produced: traced,
          remarks,
        });
      }
      if (traced !== undefined) this.#options.trace.forget(node.id);
      const onDecided = (): void => {
        decided();
        this.#advance();
      };
      const { expand } = node.call;
      if (expand !== undefined) return await this.#expand(node, expand, onDecided);
      const parts = await this.#work.bringAbout(node, onDecided);
      if (parts.outcome === "reused") decided();
      // What was executed elsewhere may have stayed there.
      if (parts.outcome !== "failed") await this.#secure(node, parts.produced);
      if (parts.outcome === "failed") this.#fail(node, { ...parts, error: parts.error });
      else this.#settle(node, parts);
    } catch (error) {
      try {
        await this.#handle(node, error);
      } catch (crash) {
        this.#crash ??= { error: crash };
        this.#halt(crash, "the build broke down");
        this.#settleStopped(node);
      }
    } finally {
      decided();
      this.#active--;
      this.#advance();
    }
  }

  /** Whether all is there that a recorded result names, or that a dynamic stage has come to. */
  async #isWhole({ id, call }: PlanNode, produced: Produced): Promise<boolean> {
    const { lastLook } = this.#options;
    const isSeen = call.expand ? lastLook.isWholeExpanded(produced) : lastLook.isWhole(id);
    return isSeen || (await this.#rebuilder.isWhole(produced));
  }

  /** Sees to it that what was asked for can be had, though it may not have been made here. Rejects with `BLOB_LOST`. */
  async #secure({ isTarget }: PlanNode, produced: Produced | undefined): Promise<void> {
    if (isTarget) await this.#options.service?.secure(produced?.values.values() ?? []);
  }

  /** Has a dynamic stage describe its graph; or, when that has been made, settles it. */
  async #expand(node: PlanNode, expand: Expand, onDecided: () => void): Promise<void> {
    if (this.#expansions.needsOf(node) !== undefined) {
      const produced = await this.#expansions.produce(node);
      // Asked for; or settled before, and something of it was lost. Whoever made that has to run again.
      const isAgain = this.#settlements.find(node.id) !== undefined;
      if ((node.isTarget || isAgain) && !(await this.#isWhole(node, produced))) {
        throw blobLost([...produced.values.values()][0]?.digest ?? "", "not in the store");
      }
      await this.#secure(node, produced);
      this.#options.trace.noteExpanded(node, produced);
      return this.#settle(node, { outcome: "expanded", produced });
    }
    onDecided();
    const isOver = (id: NodeId): boolean => this.#frontier.stateOf(id) === "succeeded";
    const add = await this.#expansions.describe(node, expand, isOver);
    add();
    for (const id of this.#frontier.grow()) {
      const reason = "something that must come before did not succeed";
      this.#settlements.record(this.#node(id), { outcome: "skipped", reason });
    }
    if (this.#frontier.suspend(node.id)) return;
    const failed = node.dependencies.find((id) => this.#frontier.stateOf(id) === "unsuccessful");
    const reason = `\`${this.#node(failed ?? 0).name}\`, which must come before, did not succeed`;
    this.#settle(node, { outcome: "skipped", reason });
  }

  /** Settles or rewinds a node that broke off. */
  async #handle(node: PlanNode, error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return this.#settleStopped(node);
    if (!(error instanceof BuildError)) throw runnerFailed("the engine", node.name, error);
    const key = this.#work.startedFor(node.id)?.key;
    const failure = { key, error: placed(error, node) };
    if (error.code !== "BLOB_LOST") return this.#fail(node, failure);
    const rewinds = (this.#rewinds.get(node.id) ?? 0) + 1;
    this.#rewinds.set(node.id, rewinds);
    if (rewinds > maxRewinds) return this.#fail(node, failure);
    this.#work.forget(node.id);
    await this.#rewind(node, parseDigest(error.facts["digest"] ?? ""));
  }

  /** Has all of the node's inputs made again that are no longer whole. */
  async #rewind(node: PlanNode, digest: Digest): Promise<void> {
    const { sources, plan, emit } = this.#options;
    emit({ type: "stage-rewound", id: node.id, name: node.name, digest });
    this.#rebuilder.forget();
    this.#options.lastLook.forget();
    const needs = this.#expansions.needsOf(node) ?? needsOfCall(node.call);
    for (const origin of needs.sources) await sources.restore(origin);
    const again: NodeId[] = [];
    for (const call of needs.calls) {
      const producer = plan.nodeByCall.get(call);
      const produced = producer && this.#settlements.find(producer.id)?.produced;
      if (producer === undefined || produced === undefined) continue;
      // It keeps its values until it has new ones: others may be reading them.
      if (await this.#rebuilder.isWhole(produced)) continue;
      this.#options.trace.forget(producer.id);
      this.#work.forget(producer.id);
      again.push(producer.id);
    }
    this.#options.trace.forget(node.id);
    this.#frontier.rewind(node.id, again);
  }

  #fail(
    node: PlanNode,
    parts: Partial<SettlementParts> & { readonly error: BuildError | undefined },
  ): void {
    this.#settle(node, { outcome: "failed", ...parts });
    // What runs beside the targets takes nothing from them by failing: the build fails at its end.
    if (!this.#options.keepGoing && !node.isBeside) {
      this.#halt(parts.error, `the build stopped when \`${node.name}\` failed`);
    }
  }

  /** Records what became of a node, and of those that can no longer start because of it. */
  #settle(node: PlanNode, parts: SettlementParts): void {
    this.#settlements.record(node, parts, this.#work.startedFor(node.id));
    this.#work.forget(node.id);
    if (isSuccess(parts.outcome)) return this.#frontier.succeed(node.id);
    for (const id of this.#frontier.fail(node.id)) {
      const reason = `\`${node.name}\`, which must come before, did not succeed`;
      this.#settlements.record(this.#node(id), { outcome: "skipped", reason });
    }
  }

  /** Settles a node that was under way when the build stopped. */
  #settleStopped(node: PlanNode): void {
    const key = this.#work.startedFor(node.id)?.key;
    const outcome = key === undefined ? "skipped" : "cancelled";
    this.#settle(node, { outcome, key, reason: this.#stopReason });
  }

  /** Ends a build in which nothing can go on. */
  #giveUp(waits: readonly string[]): void {
    const { nodes } = this.#options.plan;
    const behind = nodes.flatMap(({ id, name, dependencies }) => {
      const states = dependencies.map((below) => this.#frontier.stateOf(below));
      const at = states.findIndex((state) => state !== "succeeded");
      if (this.#frontier.stateOf(id) !== "waiting" || at === -1) return [];
      return [`\`${name}\` waits for \`${this.#node(dependencies[at] as NodeId).name}\``];
    });
    const error = clockDeadlock([...waits, ...behind]);
    this.#crash ??= { error };
    this.#halt(error, "nothing could go on");
  }

  /** Starts nothing more, and stops what runs. */
  #halt(cause: unknown, reason: string): void {
    this.#stopReason ||= reason;
    for (const id of this.#frontier.stop()) {
      this.#settlements.record(this.#node(id), { outcome: "skipped", reason });
    }
    if (!this.#stop.signal.aborted) this.#stop.abort(cause);
  }

  #node(id: NodeId): PlanNode {
    return this.#options.plan.nodes[id] as PlanNode;
  }
}

/** The error with the stage that it is about, unless it says that itself. */
function placed(error: BuildError, { name, call }: PlanNode): BuildError {
  if (error.message.includes(`stage \`${name}\``)) return error;
  return withFacts(error, { stage: name, "declared at": call.declaredAt });
}
