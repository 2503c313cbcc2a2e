/**
 * Building: the one verb that executes.
 *
 *     targets ─▶ plan ─▶ sources into the store ─▶ scheduler ─▶ report
 *
 * @module
 */
import { resolve } from "node:path";

import { isHandle, type Handle } from "../artifact/handle.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { describe } from "../base/describe.ts";
import { buildCancelled, invalidOption, notAHandle } from "../errors/catalogue.ts";
import type { BuildEvent, BuildEventBody, BuildOutcome } from "../events/event.ts";
import type { Amounts } from "../graph/amounts.ts";
import { callsBelow } from "../graph/closure.ts";
import { makePlan, type Plan } from "../graph/plan.ts";
import { History } from "../rebuild/history.ts";
import { keyVersion } from "../rebuild/key-parts.ts";
import { Memory } from "../rebuild/memory.ts";
import { Sources } from "../rebuild/sources.ts";
import { ToolIdentities } from "../rebuild/tool-identities.ts";
import { Trace } from "../rebuild/trace.ts";
import type { Runner } from "../runner/runner.ts";
import { Capacities } from "../schedule/capacities.ts";
import type { Recheck } from "../schedule/recheck.ts";
import { Scheduler } from "../schedule/scheduler.ts";
import type { Settlement } from "../schedule/settlements.ts";
import { takeSources } from "../schedule/take-sources.ts";
import { defaultStoreDirectory } from "../store/default-store.ts";
import { DiskStore } from "../store/disk-store.ts";
import type { Store } from "../store/store.ts";
import { Report, type StageReport } from "./report.ts";
import { Results } from "./results.ts";

/** What to build: a handle, or several. */
export type Targets = Handle | readonly Handle[];

/** How to build. */
export interface BuildOptions {
  /** Where commands run. */
  readonly runner: Runner;
  /**
   * What earlier builds left: a store, or the directory of one, which starts at `cwd` if relative.
   *
   * @defaultValue the directory in `ASHLAR_STORE`, else `ashlar` in the platform's place for caches
   */
  readonly store?: Store | string;
  /** Directory that relative sources and exports start from. @defaultValue the process's own */
  readonly cwd?: string;
  /** Commands at once: short for `resources: { cpu }`. @defaultValue the number of processors */
  readonly slots?: number;
  /**
   * What commands share, in whole numbers: `{ cpu: 8, memory: 16 * 2 ** 30, db: 1 }`. Commands that need
   * another one cannot be built.
   *
   * @defaultValue `cpu`: the number of processors; `memory`: that of the machine, in bytes
   */
  readonly resources?: Amounts;
  /**
   * Whether stages that do not depend on a failed one still run. Otherwise the first failure stops
   * the build, and what runs is killed.
   *
   * @defaultValue false
   */
  readonly keepGoing?: boolean;
  /** Aborting it cancels the build: what runs is killed, and `BUILD_CANCELLED` is reported. */
  readonly signal?: AbortSignal;
  /** Hears of everything that happens, in order. What it throws ends the build. */
  readonly onEvent?: ((event: BuildEvent) => void) | undefined;
  /** Time. @defaultValue the machine's */
  readonly clock?: Clock;
}

/**
 * Builds targets, and all that they stand on that has no usable result yet.
 *
 * @returns The report of a build that succeeded.
 * @throws {@link BuildError} the first failure: of a stage (`STAGE_FAILED`, `OUTPUT_MISSING`, ...), of
 *   a source, of the store, or `BUILD_CANCELLED`. To look at a build that failed, use {@link tryBuild}.
 * @example
 * ```ts
 * const report = await build(all({ app, checked }), { runner: localRunner() });
 * await report.export(app, "dist/app");
 * ```
 */
export async function build(targets: Targets, options: BuildOptions): Promise<Report> {
  const report = await tryBuild(targets, options);
  report.throwIfFailed();
  return report;
}

/**
 * Builds as {@link build} does, and reports failures of stages, and a cancellation, instead of throwing
 * them.
 *
 * @throws {@link BuildError} when there is nothing to report on: a target is no handle, an option makes
 *   no sense, or a source cannot be taken.
 */
export async function tryBuild(targets: Targets, options: BuildOptions): Promise<Report> {
  return await runBuild(targets, options, { isTraced: true });
}

/** What a build is for, besides its report. */
export interface BuildPurpose {
  /** Whether what the last build of the same targets has written down counts. */
  readonly isTraced: boolean;
  /** What to run once more, and compare. */
  readonly recheck?: Recheck;
}

/** Builds as {@link tryBuild} does, for a purpose. */
export async function runBuild(
  targets: Targets,
  options: BuildOptions,
  { isTraced, recheck }: BuildPurpose,
): Promise<Report> {
  const { clock = systemClock, runner } = options;
  if (typeof (runner as Partial<Runner> | undefined)?.run !== "function") {
    throw invalidOption("runner", describe(runner), "a runner, such as `localRunner()` makes");
  }
  const cwd = resolve(options.cwd ?? process.cwd());
  const startedAt = clock.now();
  const plan = makePlan(checkTargets(targets));
  const capacities = new Capacities(options);
  capacities.check(plan.nodeByCall.keys());
  const store = openStore(options.store, cwd);
  // Nothing that this build uses is collected as garbage meanwhile.
  using _ = store.hold?.();
  const listener = new Listener(clock, options.onEvent);
  const signal = options.signal
    ? AbortSignal.any([options.signal, listener.signal])
    : listener.signal;
  const { emit } = listener;

  if (options.onEvent !== undefined) {
    const stages = plan.nodes.map(({ id, name, dependencies }) => ({ id, name, dependencies }));
    emit({ type: "build-started", stages });
  }
  const memory = new Memory(isTraced ? store.notes : undefined, subjectOf(plan, cwd, runner));
  const history = new History(store.notes, plan, cwd, runner);
  const { content } = store;
  const identities = new ToolIdentities(runner, signal, store.notes);
  const identitiesOf = identities.known.bind(identities);
  const [sources, trace] = memory.recall((recorded) => {
    const each = new Sources({ content, cwd, signal, clock, recorded });
    return [each, new Trace({ plan, sources: each, identitiesOf, recorded })] as const;
  });
  const scheduler = new Scheduler({
    ...{ plan, sources, store, capacities, clock, emit, signal, runner, trace, history },
    identities,
    keepGoing: options.keepGoing ?? false,
    variables: process.env,
    isHeard: options.onEvent !== undefined,
    recheck,
  });
  let isTaken = false;
  try {
    isTaken = await takeSources(plan.sources, sources, { clock, emit, signal });
    if (isTaken) await identities.prefetch(plan.nodes.map(({ call }) => call.command));
    await scheduler.run();
    if (isTaken) memory.keep(store, sources, trace);
    history.keep();
  } catch (error) {
    emit({ type: "build-settled", outcome: "failed", durationMs: clock.now() - startedAt });
    throw error;
  }

  const { settlements } = scheduler;
  const errors = settlements.errors();
  const isComplete = isTaken && settlements.areSuccesses();
  const isCancelled = signal.aborted && !isComplete && errors.length === 0;
  if (isCancelled) errors.push(buildCancelled(signal.reason));
  const outcome: BuildOutcome = isComplete ? "succeeded" : isCancelled ? "cancelled" : "failed";
  const durationMs = clock.now() - startedAt;
  emit({ type: "build-settled", outcome, durationMs });
  listener.throwIfBroken();

  return new Report({
    ...{ outcome, errors, durationMs, cwd, content },
    stages: () =>
      Array.from(settlements.inOrder(), (id) =>
        reportStage(plan.nodes[id]?.name ?? "", settlements.find(id) as Settlement),
      ),
    rebuild: async (artifact) => {
      const hasEffects = callsBelow([artifact]).some(({ command }) => command.run.hasSideEffects);
      if (hasEffects) return undefined;
      return await runBuild(artifact, { ...options, onEvent: undefined }, { isTraced: false });
    },
    known: new Results(plan, settlements),
    sources: () =>
      [...plan.sources].flatMap(({ location, fetch }) => (fetch ? [] : resolve(cwd, location))),
  });
}

/** What tells builds apart that can learn nothing from each other. */
function subjectOf(plan: Plan, cwd: string, runner: Runner): readonly unknown[] {
  const ends = plan.nodes.filter(({ dependents }) => dependents.length === 0);
  const { name, platform, hermeticity } = runner;
  return [keyVersion, cwd, name, platform, hermeticity, ends.map((node) => node.name)];
}

/** Passes events on, and survives a listener that throws: the build is stopped in good order. */
class Listener {
  readonly #controller = new AbortController();
  readonly emit: (body: BuildEventBody) => void;

  constructor(clock: Clock, onEvent: BuildOptions["onEvent"]) {
    this.emit = (body) => {
      if (onEvent === undefined || this.signal.aborted) return;
      try {
        onEvent({ ...body, atMs: clock.now() });
      } catch (error) {
        this.#controller.abort(error);
      }
    };
  }

  /** Aborted once the listener has thrown. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  throwIfBroken(): void {
    this.signal.throwIfAborted();
  }
}

function reportStage(name: string, settlement: Settlement): StageReport {
  const { outcome, key, error, reason, produced, execution, attempts } = settlement;
  const ran = execution ?? produced?.result;
  // One literal: spreading a part of it costs more than all the rest, 10,000 times.
  return {
    name,
    outcome,
    key,
    attempts,
    error,
    reason,
    durationMs: ran ? ran.finishedAt - ran.startedAt : 0,
    ranAt: ran?.startedAt,
    ranBy: produced?.result.worker,
    stdout: ran?.stdout,
    stderr: ran?.stderr,
  };
}

/** @throws {@link BuildError} `NOT_A_HANDLE`. */
export function checkTargets(targets: Targets): readonly Handle[] {
  const list: readonly unknown[] = Array.isArray(targets) ? targets : [targets];
  for (const target of list) if (!isHandle(target)) throw notAHandle(target, "a target");
  return list as readonly Handle[];
}

function openStore(store: Store | string | undefined, cwd: string): Store {
  if (typeof store === "object") return store;
  return new DiskStore(
    store === undefined
      ? defaultStoreDirectory(process.env, process.platform)
      : resolve(cwd, store),
  );
}
