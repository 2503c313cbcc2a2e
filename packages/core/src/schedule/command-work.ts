/**
 * The work of commands: from a node whose inputs are there to what became of it.
 *
 *     compose ─▶ earlier result? ─yes─▶ replay its log ─▶ reused
 *                     └─no──▶ turn ─▶ run ─▶ keep ─▶ ran
 *                              ▲       └─▶ failed ─▶ again? ─no─▶ failed
 *                              └────────── wait ◀──────yes┘
 *
 * It decides nothing about other nodes: what follows from an outcome is the scheduler's part.
 *
 * @module
 */
import { aside } from "../base/aside.ts";
import { listed } from "../base/listed.ts";
import { pause } from "../base/pause.ts";
import { summarize, withFacts } from "../errors/build-error.ts";
import type { StagePhase } from "../events/event.ts";
import type { ActionKey } from "../graph/action.ts";
import { amountsText, sharesAny } from "../graph/amounts.ts";
import type { NodeId, PlanNode } from "../graph/plan.ts";
import type { Remark } from "../graph/remark.ts";
import { composeAction, type ComposedAction } from "../rebuild/compose.ts";
import type { Produced, Rebuilder } from "../rebuild/rebuilder.ts";
import { remarksOf, type KeptLog } from "../rebuild/remarks.ts";
import { resolveArtifact, resolveImage, type KnownValues } from "../rebuild/resolve.ts";
import { Placement } from "../runner/placement.ts";
import type { Runner, Value } from "../runner/runner.ts";
import { LayeredContent } from "../store/layered-content.ts";
import { execute, type ExecutionContext, type Verdict } from "./execute.ts";
import { Priorities } from "./priorities.ts";
import type { Provision, Provisioner } from "./provision.ts";
import { compareOutputs } from "./recheck.ts";
import { ResourcePool } from "./resource-pool.ts";
import { delayOfRetry } from "./retry.ts";
import type { ScheduleOptions } from "./schedule-options.ts";
import type { SettlementParts } from "./settlements.ts";
import { fly } from "./single-flight.ts";

/** What commands are run with. */
export interface CommandWorkOptions extends ScheduleOptions {
  /** Aborted when nothing more is to be started, and what runs is to be stopped. */
  readonly signal: AbortSignal;
  readonly rebuilder: Rebuilder;
  readonly provisioner: Provisioner;
  readonly known: KnownValues;
}

/** A command that was started in this build. */
export interface Started {
  readonly key: ActionKey;
  /** How often. */
  readonly attempts: number;
  /** How long it had what it needs, all times together, in milliseconds. */
  spentMs: number;
}

/** Brings about what the nodes of one build stand for. */
export class CommandWork {
  readonly #options: CommandWorkOptions;
  readonly #pool: ResourcePool;
  readonly #priorities: Priorities;
  readonly #underWay = new Map<ActionKey, Promise<unknown>>();
  readonly #started = new Map<NodeId, Started>();
  /** Those whose commands have what they need, as far as a clock wants to know. */
  readonly #inTurns = new Set<PlanNode>();
  #elsewhere: Placement | undefined;

  constructor(options: CommandWorkOptions) {
    this.#options = options;
    const { activity } = options.clock;
    const defer = (callback: () => void): void => {
      const work = activity?.begin();
      setImmediate(() => {
        callback();
        work?.[Symbol.dispose]();
      });
    };
    this.#pool = new ResourcePool((resource) => options.capacities.of(resource) ?? 0, defer);
    this.#priorities = new Priorities(options.plan, options.history);
  }

  /** What was started for a node that has not settled. */
  startedFor(id: NodeId): Started | undefined {
    return this.#started.get(id);
  }

  /** To be called when a node has settled, or goes back to wait. */
  forget(id: NodeId): void {
    this.#started.delete(id);
  }

  /**
   * Finds an earlier result, or runs the command. Rejects when it cannot be said what became of it: with
   * `BLOB_LOST`, the signal's reason, or an error of its inputs.
   *
   * @param onDecided - Called when it is clear that there is no earlier result, or none yet.
   */
  async bringAbout(node: PlanNode, onDecided: () => void): Promise<SettlementParts> {
    const composed = await this.#compose(node);
    const { key } = composed.action;
    // An equal action may be under way. When it is over, its result can be used.
    for (let other = this.#underWay.get(key); other; other = this.#underWay.get(key)) {
      onDecided();
      const wait = (): string => `\`${node.name}\` waits for an equal action, which is under way`;
      await aside(this.#options.clock, wait, other);
    }
    const work = this.#reuseOrRun(node, composed, onDecided);
    const isOver = work.then(
      () => {},
      () => {},
    );
    this.#underWay.set(key, isOver);
    try {
      return await work;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #reuseOrRun(
    node: PlanNode,
    composed: ComposedAction,
    onDecided: () => void,
  ): Promise<SettlementParts> {
    const { action } = composed;
    const { store, clock } = this.#options;
    const { signal } = this.#options;
    const reused = await this.#reuse(node, composed, async (earlier) => {
      if (this.#options.recheck?.wants(node, action.key) !== true) return;
      onDecided();
      await this.#inTurn(node, async () => await this.#runAgain(node, composed, earlier));
    });
    if (reused !== undefined) return reused;
    onDecided();
    const { runner } = composed;
    const reason = await this.#options.rebuilder.distrust(action, runner.demands);
    using provision = await this.#options.provisioner.provide(action, node.call, signal, runner);
    let leaveTurn = (): void => {};
    for (let attempt = 1; ; attempt++) {
      const end = await fly({
        ...{ key: action.key, name: node.name },
        claims: action.hasSideEffects ? undefined : store.claims,
        ...{ clock, signal },
        inTurn: async (work) =>
          await this.#inTurn(node, async (leave) => {
            leaveTurn = leave;
            return await work();
          }),
        reuse: async () => await this.#reuse(node, composed),
        run: async () =>
          await this.#run(node, composed, provision, {
            attempt,
            onEnded: async () => await this.#letOthersStart(node, action.key, leaveTurn),
          }),
      });
      if (typeof end !== "number") return end.outcome === "ran" ? { ...end, reason } : end;
      const wait = (): string => `\`${node.name}\` waits to be run again`;
      await aside(clock, wait, pause(end, clock, signal));
    }
  }

  /**
   * An earlier result, if there is one.
   *
   * @param recheck - Runs the command once more, if that was asked for.
   */
  async #reuse(
    node: PlanNode,
    composed: ComposedAction,
    recheck = async (earlier: Produced) => await this.#runAgain(node, composed, earlier),
  ): Promise<SettlementParts | undefined> {
    const { action } = composed;
    const { history, trace } = this.#options;
    const earlier = await this.#options.rebuilder.reuse(action, composed.runner.demands);
    if (earlier === undefined) return undefined;
    const remarks = await this.replay(node, earlier);
    await recheck(earlier);
    trace.note(node, action.key, earlier);
    const { startedAt, finishedAt } = earlier.result;
    history.note(node, action.key, finishedAt - startedAt);
    return { outcome: "reused", key: action.key, produced: earlier, remarks };
  }

  /**
   * Gives back what a command had that has ended, so that another starts before its outputs are kept. Not if
   * something that waits for it alone might be more urgent than those who could start now.
   */
  async #letOthersStart(node: PlanNode, key: ActionKey, leaveTurn: () => void): Promise<void> {
    const { urgency } = this.#pool;
    if (urgency === undefined || this.#options.recheck?.wants(node, key) === true) return;
    if (node.dependents.some((id) => this.#priorities.of(id) > urgency)) return;
    leaveTurn();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Does work for a node when there is what its command needs. */
  async #inTurn<T>(node: PlanNode, work: (leave: () => void) => Promise<T>): Promise<T> {
    const { resources } = node.call.command.run;
    const priorityOf = (): number => this.#priorities.of(node.id);
    const { activity } = this.#options.clock;
    // Who comes first of those that come together may be another one each time: so they have a rank.
    if (activity === undefined) return await this.#pool.use(resources, priorityOf, work, node.id);
    const waiting = activity.rest(() => this.#waitOf(node));
    const inTurn = async (giveBack: () => void): Promise<T> => {
      waiting[Symbol.dispose]();
      this.#inTurns.add(node);
      const leave = (): void => {
        this.#inTurns.delete(node);
        giveBack();
      };
      return await work(leave).finally(leave);
    };
    return await this.#pool.use(resources, priorityOf, inTurn, node.id);
  }

  /** Who waits for whom, when a node waits for resources. */
  #waitOf({ name, call }: PlanNode): string {
    const { resources } = call.command.run;
    const holders = [...this.#inTurns].filter((other) =>
      sharesAny(other.call.command.run.resources, resources),
    );
    const names = listed(holders.map((holder) => holder.name));
    return `\`${name}\` waits for ${amountsText(resources)}, behind ${names}`;
  }

  /** Runs the command. Says what became of it; or when to try again, in milliseconds from now. */
  async #run(
    node: PlanNode,
    composed: ComposedAction,
    provision: Provision,
    { attempt, onEnded }: { readonly attempt: number; readonly onEnded: () => Promise<void> },
  ): Promise<SettlementParts | number> {
    const { action, runner } = composed;
    const { clock, emit, history, trace } = this.#options;
    this.#options.signal.throwIfAborted();
    const { id, name } = node;
    const started = {
      key: action.key,
      attempts: attempt,
      spentMs: this.#started.get(id)?.spentMs ?? 0,
    };
    this.#started.set(id, started);
    emit({ type: "stage-started", id, name, key: action.key, argv: action.argv });
    const onText = (stream: "stderr" | "stdout", text: string): void => {
      emit({ type: "stage-output", id, name, stream, text, isReplay: false });
    };
    const onPhase = (phase: StagePhase): void => {
      emit({ type: "stage-progressed", id, name, phase });
    };
    const startedAt = clock.now();
    // As long as it had its slot: laying out inputs is part of what it costs.
    let durationMs = 0;
    let verdict: Verdict;
    try {
      verdict = await this.#execute(node, composed, provision, { onText, onPhase, onEnded });
    } finally {
      durationMs = clock.now() - startedAt;
      started.spentMs += durationMs;
    }
    const { execution, error } = verdict;
    const remarks = await this.#remarksOn(node, execution);
    if (error === undefined && execution !== undefined) {
      const replaces = history.earlierKey(node);
      const produced = await this.#options.rebuilder.keep(composed, execution, runner, replaces);
      await this.#runAgain(node, composed, produced);
      trace.note(node, action.key, produced);
      history.note(node, action.key, durationMs);
      // What the runner saw is in the result. Nobody needs it any more, 100,000 times.
      const { fellBack } = execution;
      return { outcome: "ran", key: action.key, produced, remarks, fellBack };
    }
    const delayMs = error && delayOfRetry(node.call.command.run.retries, attempt, error);
    if (error === undefined || delayMs === undefined) {
      const failure = attempt === 1 ? error : error && withFacts(error, { attempts: `${attempt}` });
      return { outcome: "failed", key: action.key, execution, error: failure, remarks };
    }
    emit({ type: "stage-retried", id, name, attempt, error: summarize(error), delayMs });
    return delayMs;
  }

  async #execute(
    node: PlanNode,
    { action, directories }: ComposedAction,
    { runner }: Provision,
    hear: Pick<ExecutionContext, "mustExecute" | "onEnded" | "onPhase" | "onText">,
  ): Promise<Verdict> {
    const { store, clock, project } = this.#options;
    const content = new LayeredContent(directories, store.content);
    const { signal } = this.#options;
    const context = { runner, content, clock, signal, project, ...hear };
    return await execute(action, node.call, context);
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
    const runner = await this.#runnerElsewhere(node, composed);
    if (!isSamePlatform(runner, composed.runner)) {
      const reason = "the platform that it would run on elsewhere is another one";
      return recheck.note(node, key, { outcome: "left-out", reason });
    }
    const { signal } = this.#options;
    using place = await this.#options.provisioner.provide(action, node.call, signal, runner);
    const { execution, error } = await this.#execute(node, composed, place, {
      onText: () => {},
      mustExecute: true,
    });
    if (error !== undefined || execution === undefined) {
      recheck.note(node, key, { outcome: "failed", error });
    } else {
      const second = await this.#options.rebuilder.outputsOf(action, execution, place.runner);
      const differences = await compareOutputs(store.content, first.values, second);
      const outcome = differences.length === 0 ? "same" : "different";
      recheck.note(node, key, { outcome, differences });
    }
    const isSame = recheck.stages.at(-1)?.outcome === "same";
    emit({ type: "stage-verified", id: node.id, name: node.name, key, isSame });
  }

  async #compose(node: PlanNode): Promise<ComposedAction> {
    const { store, placement, identities, known } = this.#options;
    const { content } = store;
    const values: Value[] = [];
    for (const { artifact } of node.call.command.mounts) {
      values.push(await resolveArtifact(content, artifact, known));
    }
    const image = await resolveImage(content, node.call.command, known);
    return await composeAction(node.call, values, { content, placement, identities, image });
  }

  /** Where a second run takes place. */
  async #runnerElsewhere(
    { call: { command } }: PlanNode,
    { runner, image }: ComposedAction,
  ): Promise<Runner> {
    const { recheck, store, signal } = this.#options;
    if (recheck?.elsewhere === undefined) return runner;
    this.#elsewhere ??= new Placement(recheck.elsewhere, store.content, signal);
    return await this.#elsewhere.of(command, image);
  }

  /** True when there is a log to show, and somebody to show it to. */
  hasLog({ result }: Pick<Produced, "result">): boolean {
    return this.#options.isHeard && !(result.stdout.endsWith("/0") && result.stderr.endsWith("/0"));
  }

  /** Shows what the command printed when it ran. Returns what is to be said of that run. */
  async replay(node: PlanNode, { result }: Produced): Promise<readonly Remark[] | undefined> {
    const { store, emit } = this.#options;
    const { id, name } = node;
    if (!this.hasLog({ result })) return undefined;
    for (const stream of ["stdout", "stderr"] as const) {
      if (result[stream].endsWith("/0")) continue;
      const text = (await store.content.read(result[stream])).toString("utf8");
      emit({ type: "stage-output", id, name, stream, text, isReplay: true });
    }
    return await this.#remarksOn(node, result);
  }

  /** Nobody is told of it where nobody listens: then the log need not be read. */
  async #remarksOn(
    { call }: PlanNode,
    log: KeptLog | undefined,
  ): Promise<readonly Remark[] | undefined> {
    const { isHeard, store } = this.#options;
    return isHeard ? await remarksOf(call, log, store.content) : undefined;
  }
}

function isSamePlatform(one: Runner, other: Runner): boolean {
  return JSON.stringify(one.platform) === JSON.stringify(other.platform);
}
