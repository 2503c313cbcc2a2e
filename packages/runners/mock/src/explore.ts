/**
 * Exploring: whether the order in which stages end changes what a build makes.
 *
 *     first order ──▶ outcome ─────────┐
 *     another     ──▶ outcome ── equal? ┴─no─▶ first order again ──▶ is it the order?
 *     another     ──▶ ...
 *
 * A graph says what must come before what, and all else may happen in any order. Stages that share something
 * besides their inputs (a variable, a file, a server) are right in the order that their author has seen.
 *
 * @module
 */
import {
  closureRunner,
  invalidOption,
  MemoryStore,
  tryBuild,
  type Action,
  type Amounts,
  type Execution,
  type RunContext,
  type Runner,
  type Store,
  type Targets,
} from "@ashlar/core";

import { CallTime } from "./call-time.ts";
import { delaysOf, isOverlapping } from "./delays.ts";
import { mockRunner } from "./mock-runner.ts";
import {
  compareOutcomes,
  describeExecution,
  describeFailure,
  type StageDifference,
  type StageOutcome,
} from "./outcomes.ts";
import { virtualClock } from "./virtual-clock.ts";

/** What to explore. */
export interface ExploreOptions {
  /** How many orders to try besides the first one. @defaultValue 100 */
  readonly schedules?: number;
  /** What the orders follow from: equal seeds give equal orders. @defaultValue 1 */
  readonly seed?: number;
  /** Tries only this one: what a difference was found in before. */
  readonly schedule?: number;
  /**
   * Runs all commands but closures, which really run.
   *
   * @defaultValue a mock runner under which commands succeed and leave their outputs empty
   */
  readonly runner?: Runner;
  /** Called before each build: puts back what stages share, so that each begins with the same. */
  readonly reset?: () => unknown;
  /** Commands at once: the more, the more orders there are. @defaultValue 64 */
  readonly slots?: number;
  /** What commands share, as for `build`. */
  readonly resources?: Amounts;
  /** Directory that relative sources start from. @defaultValue the process's own */
  readonly cwd?: string;
  /** Aborting it ends the exploration: it rejects with the reason. */
  readonly signal?: AbortSignal;
}

/** What an exploration has found. */
export interface Exploration {
  readonly seed: number;
  /** Builds that were compared with the first one. */
  readonly schedules: number;
  /** How many different orders there were among all builds. */
  readonly orders: number;
  /** The first difference; `undefined` if there is none. */
  readonly difference: OrderDifference | undefined;
  /** In words, with what to call to see it again. */
  toString(): string;
}

/** A build that has made something else than the first one. */
export interface OrderDifference {
  /** Its number, from 1 on: for {@link ExploreOptions.schedule}. */
  readonly schedule: number;
  /** The stages that were given the same and made something else; else those that only one of the builds ran. */
  readonly stages: readonly StageDifference[];
  /** Names of the stages in the order of their ends. */
  readonly order: readonly string[];
  readonly firstOrder: readonly string[];
  /**
   * Whether several stages were at work at once. Then what they share may be in another state each time, and it may
   * take several tries to see the difference again.
   */
  readonly isOverlapping: boolean;
  /**
   * Whether the first order made the same when it was tried again. If it did not, the order may not be the reason:
   * something is kept from build to build, or is random.
   */
  readonly isRepeatable: boolean;
}

/**
 * Builds a pipeline again and again, with its stages ending in other orders, each time from the beginning and in
 * memory, and compares what they make. It ends with the first difference.
 *
 * Every build keeps going when stages fail. Which orders are tried follows from the seed, and costs no time.
 *
 * @throws {@link BuildError} `INVALID_OPTION`, or as `tryBuild` does.
 * @example
 * ```ts
 * const found = await explore(pipeline, { schedules: 500, seed: 7 });
 * expect(found.difference, String(found)).toBeUndefined();
 * ```
 */
export async function explore(
  targets: Targets,
  options: ExploreOptions = {},
): Promise<Exploration> {
  const { seed = 1, schedule: only, schedules = only === undefined ? 100 : 1 } = options;
  for (const [name, value] of Object.entries({ seed, schedules, schedule: only ?? 1 })) {
    const least = name === "seed" ? 0 : 1;
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw invalidOption(name, String(value), `a whole number, at least ${least}`);
  }
  const explorer = new Explorer(targets, seed, options);
  const first = await explorer.build(0);
  const orders = new Set([first.order.join("\n")]);
  for (let tried = 1; tried <= schedules; tried++) {
    const schedule = only ?? tried;
    const later = await explorer.build(schedule);
    orders.add(later.order.join("\n"));
    const stages = compareOutcomes(first.outcomes, later.outcomes);
    if (stages.length === 0) continue;
    const again = await explorer.build(0);
    const isRepeatable = compareOutcomes(first.outcomes, again.outcomes).length === 0;
    const { order } = later;
    const difference = {
      ...{ schedule, stages, order, firstOrder: first.order, isRepeatable },
      isOverlapping: isOverlapping(schedule),
    };
    return explorationOf({ seed, schedules: tried, orders: orders.size, difference });
  }
  return explorationOf({ seed, schedules, orders: orders.size, difference: undefined });
}

/** What one build has made, and in which order its stages have ended. */
interface Explored {
  /** By action key. */
  readonly outcomes: ReadonlyMap<string, StageOutcome>;
  readonly order: readonly string[];
}

/** Builds in one order after another. */
class Explorer {
  readonly #targets: Targets;
  readonly #seed: number;
  readonly #options: ExploreOptions;
  readonly #runner: Runner;
  /** Contents may stay: they are what they are. */
  readonly #content = new MemoryStore();
  readonly #labels = new Labels();

  constructor(targets: Targets, seed: number, options: ExploreOptions) {
    this.#targets = targets;
    this.#seed = seed;
    this.#options = options;
    this.#runner = options.runner ?? mockRunner({ onUnmatched: "succeed-empty" });
  }

  async build(schedule: number): Promise<Explored> {
    const { reset, slots = 64, resources, cwd, signal } = this.#options;
    signal?.throwIfAborted();
    await reset?.();
    const store: Store = { content: this.#content, actions: new MemoryStore() };
    const outcomes = new Map<string, StageOutcome>();
    const order: string[] = [];
    await tryBuild(this.#targets, {
      ...{ store, slots, keepGoing: true, clock: virtualClock() },
      runner: this.#delaying(schedule, outcomes, order),
      ...(resources && { resources }),
      ...(cwd !== undefined && { cwd }),
      ...(signal && { signal }),
    });
    signal?.throwIfAborted();
    return { outcomes, order };
  }

  /** A runner under which commands begin and end later, as a schedule says. */
  #delaying(schedule: number, outcomes: Map<string, StageOutcome>, order: string[]): Runner {
    const inner = this.#runner;
    const runs = new Map<string, number>();
    let come = 0;
    const run = async (action: Action, context: RunContext): Promise<Execution> => {
      using time = new CallTime(action.name, context);
      const stage = this.#labels.of(action);
      const nth = (runs.get(stage) ?? 0) + 1;
      runs.set(stage, nth);
      const delays = delaysOf(this.#seed, schedule, `${stage} ${nth}`, come++);
      const note = (made: string): void => {
        const before = outcomes.get(action.key)?.made;
        outcomes.set(action.key, { stage, made: before ? `${before}; then ${made}` : made });
      };
      await time.sleep(delays.beforeMs);
      try {
        const execution = await (closureRunner(action) ?? inner).run(action, context);
        note(await describeExecution(action, execution, context.content));
        await time.sleep(delays.afterMs);
        return execution;
      } catch (error) {
        if (!context.signal.aborted) note(describeFailure(error));
        throw error;
      } finally {
        order.push(stage);
      }
    };
    return {
      ...{ name: inner.name, platform: inner.platform, abilities: inner.abilities ?? [] },
      // Of others, closures are kept.
      hermeticity: "mock",
      ...(inner.identify && { identify: inner.identify.bind(inner) }),
      run,
      async [Symbol.asyncDispose]() {},
    };
  }
}

/** Names of calls, which are the same in each build. */
class Labels {
  /** By call, and by key: what dynamic stages describe are other calls each time. */
  readonly #known = new Map<Action["call"] | string, string>();
  readonly #counts = new Map<string, number>();

  of({ call, key, name }: Action): string {
    const known = this.#known.get(call) ?? this.#known.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    const label = count === 1 ? name : `${name}#${count}`;
    this.#known.set(call, label).set(key, label);
    return label;
  }
}

function explorationOf(found: Omit<Exploration, "toString">): Exploration {
  return { ...found, toString: () => textOf(found) };
}

function textOf({ seed, schedules, orders, difference }: Omit<Exploration, "toString">): string {
  if (difference === undefined) {
    return `${schedules} schedules in ${orders} orders made the same (seed ${seed})`;
  }
  const { schedule, stages, order, firstOrder, isRepeatable } = difference;
  const tries = difference.isOverlapping ? ", perhaps several times: its stages overlap" : "";
  const lines = stages.map(
    ({ stage, first, later }) => `  ${stage}: ${later}, and at first ${first}`,
  );
  return [
    `schedule ${schedule} of seed ${seed} made something else than the first one`,
    ...lines,
    `  at first  ${firstOrder.join(", ")}`,
    `  later     ${order.join(", ")}`,
    isRepeatable
      ? `to see it again: explore(pipeline, { seed: ${seed}, schedule: ${schedule} })${tries}`
      : "but so did the first order when it was tried again: see what is kept from build to build",
  ].join("\n");
}
