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

import type { Clock } from "../base/clock.ts";
import { pause } from "../base/pause.ts";
import { parseDigest, type Digest } from "../digest/digest.ts";
import { BuildError, summarize, withFacts } from "../errors/build-error.ts";
import { blobLost, runnerFailed } from "../errors/catalogue.ts";
import { isSuccess, type BuildEventBody } from "../events/event.ts";
import type { ActionKey } from "../graph/action.ts";
import { needsOfCall } from "../graph/closure.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import type { Expand } from "../graph/stage.ts";
import { composeAction, type ComposedAction } from "../rebuild/compose.ts";
import type { History } from "../rebuild/history.ts";
import { Rebuilder, type Produced } from "../rebuild/rebuilder.ts";
import { resolveArtifact } from "../rebuild/resolve.ts";
import type { Sources } from "../rebuild/sources.ts";
import type { ToolIdentities } from "../rebuild/tool-identities.ts";
import type { Trace, Traced } from "../rebuild/trace.ts";
import { runnerOf } from "../runner/in-process.ts";
import type { Runner, Value } from "../runner/runner.ts";
import { LayeredContent } from "../store/layered-content.ts";
import type { Store } from "../store/store.ts";
import type { Capacities } from "./capacities.ts";
import { execute, type ExecutionContext, type Verdict } from "./execute.ts";
import { Expansions } from "./expansions.ts";
import { Frontier } from "./frontier.ts";
import { Priorities } from "./priorities.ts";
import { Provisioner, type Provision } from "./provision.ts";
import { compareOutputs, type Recheck } from "./recheck.ts";
import { ResourcePool } from "./resource-pool.ts";
import { delayOfRetry } from "./retry.ts";
import { SecretKeeper } from "./secret-keeper.ts";
import { Settlements, type Settlement, type SettlementParts } from "./settlements.ts";
import { fly } from "./single-flight.ts";

/** What a build is made with. */
export interface ScheduleOptions {
  readonly plan: Plan;
  readonly sources: Sources;
  readonly store: Store;
  readonly runner: Runner;
  readonly capacities: Capacities;
  readonly keepGoing: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: (event: BuildEventBody) => void;
  /** Whether anybody hears what is emitted: if not, logs of reused results need not be read. */
  readonly isHeard: boolean;
  /** What to run once more, and compare. */
  readonly recheck: Recheck | undefined;
  readonly trace: Trace;
  readonly history: History;
  readonly identities: ToolIdentities;
  /** Environment of the process that builds, where values of secrets are. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** A command that was started in this build. */
interface Started {
  readonly key: ActionKey;
  /** How often. */
  readonly attempts: number;
}

/** Nodes whose keys are being computed or looked up at once. */
const maxDeciding = 64;

/** Times a node may go back because of lost blobs. */
const maxRewinds = 5;

/** Takes one plan through one build. */
export class Scheduler {
  readonly #options: ScheduleOptions;
  readonly #frontier: Frontier;
  readonly #pool: ResourcePool;
  readonly #priorities: Priorities;
  readonly #rebuilder: Rebuilder;
  readonly #identities: ToolIdentities;
  readonly #provisioner: Provisioner;
  /** Aborted when the build is, and at the first failure unless it is to keep going. */
  readonly #stop = new AbortController();
  readonly #settlements: Settlements;
  readonly #expansions: Expansions;
  readonly #underWay = new Map<ActionKey, Promise<unknown>>();
  readonly #rewinds = new Map<NodeId, number>();
  /** The nodes whose commands were started. */
  readonly #started = new Map<NodeId, Started>();
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
    this.#pool = new ResourcePool((resource) => options.capacities.of(resource) ?? 0);
    this.#priorities = new Priorities(options.plan, options.history);
    this.#rebuilder = new Rebuilder(options.store);
    this.#identities = options.identities;
    const secrets = new SecretKeeper(options.variables);
    const { caches } = options.store;
    this.#provisioner = new Provisioner({ runner: options.runner, secrets, caches });
    const { signal } = this.#stop;
    // Each command that waits or runs listens to it: there may be any number.
    setMaxListeners(0, signal);
    this.#expansions = new Expansions({ ...options, signal, known: this.#settlements });
  }

  /** What became of each node. */
  get settlements(): Settlements {
    return this.#settlements;
  }

  /** Resolves when every node has settled. Rejects only for a fault outside of any stage. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const halt = (): void => this.#halt(signal.reason, "the build was cancelled");
    signal.addEventListener("abort", halt, { once: true });
    try {
      if (signal.aborted) halt();
      await new Promise<void>((resolve) => {
        this.#finish = resolve;
        this.#frontier.succeedAtOnce((node) => this.#isTraced(node));
        this.#advance();
      });
    } finally {
      signal.removeEventListener("abort", halt);
      await this.#provisioner[Symbol.asyncDispose]();
    }
    if (this.#crash !== undefined) throw this.#crash.error;
  }

  /**
   * Settles a node if it is as recorded, and there is nothing else to do. What was asked for is made sure
   * of; what only led to it need not be there.
   */
  #isTraced(node: PlanNode): boolean {
    const { trace } = this.#options;
    if (node.isTarget || node.call.expand !== undefined || this.#stop.signal.aborted) return false;
    const traced = trace.find(node);
    if (traced === undefined || this.#hasLog(traced)) return false;
    this.#settlements.recordTraced(node, traced);
    return true;
  }

  /** Starts what can be started; ends the build when nothing is left. */
  #advance(): void {
    while (this.#deciding < maxDeciding) {
      const node = this.#frontier.take();
      if (node === undefined) break;
      const { expand } = node.call;
      const traced = expand === undefined ? this.#options.trace.find(node) : undefined;
      // What was asked for is made sure of; what only led to it need not be there.
      if (traced !== undefined && !node.isTarget && !this.#hasLog(traced)) {
        this.#settlements.recordTraced(node, traced);
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
    let isDeciding = true;
    const decided = (): void => {
      if (isDeciding) this.#deciding--;
      isDeciding = false;
    };
    try {
      if (traced !== undefined && (await this.#rebuilder.isWhole(traced))) {
        await this.#replay(node, traced);
        return this.#settle(node, { outcome: "reused", key: traced.key, produced: traced });
      }
      if (traced !== undefined) this.#options.trace.forget(node.id);
      await this.#bringAbout(node, () => {
        decided();
        this.#advance();
      });
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

  /** Takes a node to its settlement: by an earlier result, or by running its command. */
  async #bringAbout(node: PlanNode, onDecided: () => void): Promise<void> {
    if (node.call.expand !== undefined)
      return await this.#expand(node, node.call.expand, onDecided);
    const composed = await this.#compose(node);
    const { key } = composed.action;
    // An equal action may be under way. When it is over, its result can be used.
    for (let other = this.#underWay.get(key); other; other = this.#underWay.get(key)) {
      onDecided();
      await other;
    }
    const work = this.#reuseOrRun(node, composed, onDecided);
    const isOver = work.then(
      () => {},
      () => {},
    );
    this.#underWay.set(key, isOver);
    try {
      await work;
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** Has a dynamic stage describe its graph; or, when that has been made, settles it. */
  async #expand(node: PlanNode, expand: Expand, onDecided: () => void): Promise<void> {
    if (this.#expansions.needsOf(node) !== undefined) {
      const produced = await this.#expansions.produce(node);
      // Settled before: something of it was lost. Whoever made that has to run again.
      const isAgain = this.#settlements.find(node.id) !== undefined;
      if (isAgain && !(await this.#rebuilder.isWhole(produced))) {
        throw blobLost([...produced.values.values()][0]?.digest ?? "", "not in the store");
      }
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

  async #compose(node: PlanNode): Promise<ComposedAction> {
    const { store, runner } = this.#options;
    const { content } = store;
    const values: Value[] = [];
    for (const { artifact } of node.call.command.mounts) {
      values.push(await resolveArtifact(content, artifact, this.#settlements));
    }
    return await composeAction(node.call, values, {
      content,
      runner,
      identities: this.#identities,
    });
  }

  async #reuseOrRun(
    node: PlanNode,
    composed: ComposedAction,
    onDecided: () => void,
  ): Promise<void> {
    const { action } = composed;
    const { store, clock } = this.#options;
    const { signal } = this.#stop;
    const isReused = await this.#reuse(node, composed, async (earlier) => {
      if (this.#options.recheck?.wants(node, action.key) !== true) return;
      onDecided();
      await this.#inTurn(node, () => this.#runAgain(node, composed, earlier));
    });
    if (isReused) return;
    onDecided();
    using provision = await this.#provisioner.provide(action, node.call, signal);
    for (let attempt = 1; ; attempt++) {
      const delayMs = await fly({
        key: action.key,
        claims: action.hasSideEffects ? undefined : store.claims,
        ...{ clock, signal },
        inTurn: async (work) => await this.#inTurn(node, work),
        reuse: async () => await this.#reuse(node, composed),
        run: async () => await this.#run(node, composed, provision, attempt),
      });
      if (delayMs === undefined) return;
      await pause(delayMs, clock, signal);
    }
  }

  /**
   * Settles the node with an earlier result, if there is one.
   *
   * @param recheck - Runs the command once more, if that was asked for.
   */
  async #reuse(
    node: PlanNode,
    composed: ComposedAction,
    recheck = async (earlier: Produced) => await this.#runAgain(node, composed, earlier),
  ): Promise<boolean> {
    const { action } = composed;
    const { history, trace } = this.#options;
    const earlier = await this.#rebuilder.reuse(action);
    if (earlier === undefined) return false;
    await this.#replay(node, earlier);
    await recheck(earlier);
    trace.note(node, action.key, earlier);
    const { startedAt, finishedAt } = earlier.result;
    history.note(node, action.key, finishedAt - startedAt);
    this.#settle(node, { outcome: "reused", key: action.key, produced: earlier });
    return true;
  }

  /** Does work for a node when there is what its command needs. */
  async #inTurn<T>(node: PlanNode, work: () => Promise<T>): Promise<T> {
    return await this.#pool.use(
      node.call.command.run.resources,
      () => this.#priorities.of(node.id),
      work,
    );
  }

  /** Runs the command, and settles the node; or says when to try again, in milliseconds from now. */
  async #run(
    node: PlanNode,
    composed: ComposedAction,
    provision: Provision,
    attempt: number,
  ): Promise<number | undefined> {
    const { action } = composed;
    const { clock, emit, history, trace } = this.#options;
    const runner = runnerOf(node.call.command, this.#options.runner);
    this.#stop.signal.throwIfAborted();
    const { id, name } = node;
    this.#started.set(id, { key: action.key, attempts: attempt });
    emit({ type: "stage-started", id, name, key: action.key, argv: action.argv });
    const onText = (stream: "stderr" | "stdout", text: string): void => {
      emit({ type: "stage-output", id, name, stream, text, isReplay: false });
    };
    const startedAt = clock.now();
    const { execution, error } = await this.#execute(node, composed, provision, onText);
    // As long as it had its slot: laying out inputs is part of what it costs.
    const durationMs = clock.now() - startedAt;
    if (error === undefined && execution !== undefined) {
      const replaces = history.earlierKey(node);
      const produced = await this.#rebuilder.keep(composed, execution, runner, replaces);
      await this.#runAgain(node, composed, produced);
      trace.note(node, action.key, produced);
      history.note(node, action.key, durationMs);
      // What the runner saw is in the result. Nobody needs it any more, 100,000 times.
      this.#settle(node, { outcome: "ran", key: action.key, produced });
      return undefined;
    }
    const delayMs = error && delayOfRetry(node.call.command.run.retries, attempt, error);
    if (error === undefined || delayMs === undefined) {
      const failure = attempt === 1 ? error : error && withFacts(error, { attempts: `${attempt}` });
      this.#fail(node, { key: action.key, execution, error: failure });
      return undefined;
    }
    emit({ type: "stage-retried", id, name, attempt, error: summarize(error), delayMs });
    return delayMs;
  }

  async #execute(
    node: PlanNode,
    { action, directories }: ComposedAction,
    { runner }: Provision,
    onText: ExecutionContext["onText"],
  ): Promise<Verdict> {
    const { store, clock } = this.#options;
    const content = new LayeredContent(directories, store.content);
    const { signal } = this.#stop;
    return await execute(action, node.call, { runner, content, clock, signal, onText });
  }

  /** If that was asked for, runs a command once more, and compares what it gives. */
  async #runAgain(node: PlanNode, composed: ComposedAction, first: Produced): Promise<void> {
    const { recheck, store, emit } = this.#options;
    const { action } = composed;
    const { key } = action;
    if (recheck?.wants(node, key) !== true) return;
    if (action.hasSideEffects) {
      return recheck.note(node, key, { outcome: "left-out", reason: "it has side effects" });
    }
    if (action.caches.length > 0) {
      const reason = "it has a cache, which is not as it was before";
      return recheck.note(node, key, { outcome: "left-out", reason });
    }
    const { signal } = this.#stop;
    using place = await this.#provisioner.provide(action, node.call, signal, recheck.elsewhere);
    const { execution, error } = await this.#execute(node, composed, place, () => {});
    if (error !== undefined || execution === undefined) {
      recheck.note(node, key, { outcome: "failed", error });
    } else {
      const second = await this.#rebuilder.outputsOf(action, execution, place.runner);
      const differences = await compareOutputs(store.content, first.values, second);
      const outcome = differences.length === 0 ? "same" : "different";
      recheck.note(node, key, { outcome, differences });
    }
    const isSame = recheck.stages.at(-1)?.outcome === "same";
    emit({ type: "stage-verified", id: node.id, name: node.name, key, isSame });
  }

  /** True when there is a log to show, and somebody to show it to. */
  #hasLog({ result }: Pick<Produced, "result">): boolean {
    return this.#options.isHeard && !(result.stdout.endsWith("/0") && result.stderr.endsWith("/0"));
  }

  /** Shows what the command printed when it ran. */
  async #replay(node: PlanNode, { result }: Produced): Promise<void> {
    const { store, emit } = this.#options;
    const { id, name } = node;
    if (!this.#hasLog({ result })) return;
    for (const stream of ["stdout", "stderr"] as const) {
      if (result[stream].endsWith("/0")) continue;
      const text = (await store.content.read(result[stream])).toString("utf8");
      emit({ type: "stage-output", id, name, stream, text, isReplay: true });
    }
  }

  /** Settles or rewinds a node that broke off. */
  async #handle(node: PlanNode, error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return this.#settleStopped(node);
    if (!(error instanceof BuildError)) throw runnerFailed("the engine", node.name, error);
    const key = this.#started.get(node.id)?.key;
    const failure = { key, error: placed(error, node) };
    if (error.code !== "BLOB_LOST") return this.#fail(node, failure);
    const rewinds = (this.#rewinds.get(node.id) ?? 0) + 1;
    this.#rewinds.set(node.id, rewinds);
    if (rewinds > maxRewinds) return this.#fail(node, failure);
    this.#started.delete(node.id);
    await this.#rewind(node, parseDigest(error.facts["digest"] ?? ""));
  }

  /** Has all of the node's inputs made again that are no longer whole. */
  async #rewind(node: PlanNode, digest: Digest): Promise<void> {
    const { sources, plan, emit } = this.#options;
    emit({ type: "stage-rewound", id: node.id, name: node.name, digest });
    this.#rebuilder.forget();
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
      this.#started.delete(producer.id);
      again.push(producer.id);
    }
    this.#options.trace.forget(node.id);
    this.#frontier.rewind(node.id, again);
  }

  #fail(
    node: PlanNode,
    parts: Partial<Settlement> & { readonly error: BuildError | undefined },
  ): void {
    this.#settle(node, { outcome: "failed", ...parts });
    // What runs beside the targets takes nothing from them by failing: the build fails at its end.
    if (!this.#options.keepGoing && !node.isBeside) {
      this.#halt(parts.error, `the build stopped when \`${node.name}\` failed`);
    }
  }

  /** Records what became of a node, and of those that can no longer start because of it. */
  #settle(node: PlanNode, parts: SettlementParts): void {
    this.#settlements.record(node, parts, this.#started.get(node.id)?.attempts);
    this.#started.delete(node.id);
    if (isSuccess(parts.outcome)) return this.#frontier.succeed(node.id);
    for (const id of this.#frontier.fail(node.id)) {
      const reason = `\`${node.name}\`, which must come before, did not succeed`;
      this.#settlements.record(this.#node(id), { outcome: "skipped", reason });
    }
  }

  /** Settles a node that was under way when the build stopped. */
  #settleStopped(node: PlanNode): void {
    const key = this.#started.get(node.id)?.key;
    const outcome = key === undefined ? "skipped" : "cancelled";
    this.#settle(node, { outcome, key, reason: this.#stopReason });
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
