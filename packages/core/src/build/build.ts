/**
 * Building: the one verb that executes.
 *
 *     targets ─▶ plan ─▶ sources into the store ─▶ scheduler ─▶ report
 *
 * @module
 */
import { resolve } from "node:path";

import type { Handle } from "../artifact/handle.ts";
import { atWork } from "../base/aside.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import type { BuildError } from "../errors/build-error.ts";
import { buildCancelled } from "../errors/catalogue.ts";
import type { BuildEvent, BuildEventBody, BuildOutcome, RemoteCacheUse } from "../events/event.ts";
import type { Amounts } from "../graph/amounts.ts";
import { callsBelow } from "../graph/closure.ts";
import type { NodeId } from "../graph/plan.ts";
import type { Produced } from "../rebuild/rebuilder.ts";
import { remarksOf } from "../rebuild/remarks.ts";
import { Capacities } from "../schedule/capacities.ts";
import type { Recheck } from "../schedule/recheck.ts";
import { Scheduler } from "../schedule/scheduler.ts";
import type { Settlement, Settlements } from "../schedule/settlements.ts";
import { takeSources } from "../schedule/take-sources.ts";
import {
  checkRunner,
  checkTargets,
  layGround,
  type Ground,
  type GroundOptions,
  type Targets,
} from "./ground.ts";
import { Report, type StageReport } from "./report.ts";
import { Results } from "./results.ts";
import { describeDerived, faultsOfTargets } from "./target-faults.ts";
import { timingOf } from "./timing.ts";

/** How to build. */
export interface BuildOptions extends GroundOptions {
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
  purpose: BuildPurpose,
): Promise<Report> {
  checkRunner(options);
  return await atWork(options.clock, async () => await buildAtWork(targets, options, purpose));
}

async function buildAtWork(
  targets: Targets,
  options: BuildOptions,
  { isTraced, recheck }: BuildPurpose,
): Promise<Report> {
  const { clock = systemClock } = options;
  const startedAt = clock.now();
  const listener = new Listener(clock, options.onEvent);
  const signal = options.signal
    ? AbortSignal.any([options.signal, listener.signal])
    : listener.signal;
  const { emit } = listener;
  const ground = layGround(targets, options, { signal, isTraced });
  using _ = ground.hold;
  const { plan, placement, cwd, store, memory, history, identities, sources, trace } = ground;
  const { lastLook } = ground;
  const service = store.serve?.({
    clock,
    signal,
    isFirst: memory.isBlank && plan.nodes.length > 0,
  });
  const served = service?.store ?? store;
  const { content } = served;
  const capacities = new Capacities(options);
  capacities.check(plan.nodeByCall.keys());
  if (options.onEvent !== undefined) {
    const stages = plan.nodes.map(({ id, name, dependencies }) => ({ id, name, dependencies }));
    emit({ type: "build-started", stages });
  }
  const scheduler = new Scheduler({
    ...{
      plan,
      sources,
      store: served,
      capacities,
      clock,
      emit,
      signal,
      placement,
      trace,
      history,
      lastLook,
    },
    ...{ identities, project: cwd },
    keepGoing: options.keepGoing ?? false,
    variables: process.env,
    isHeard: options.onEvent !== undefined,
    recheck,
    service,
  });
  const faults: BuildError[] = [];
  let isTaken = false;
  try {
    // Tools take as long to answer as sources to be read, the first time.
    const asked = identities.prefetch(plan.nodes.map(({ call }) => call.command));
    asked.catch(() => {});
    isTaken = await takeSources(plan.sources, sources, { clock, emit, signal });
    if (isTaken) await asked;
    await scheduler.run();
    if (isTaken && !signal.aborted && scheduler.settlements.areSuccesses()) {
      faults.push(...(await findFaults(checkTargets(targets), ground, scheduler.settlements)));
    }
    if (isTaken) memory.keep(store, sources, trace);
    history.keep();
  } catch (error) {
    tellOfCache(emit, await service?.finish());
    emit({ type: "build-settled", outcome: "failed", durationMs: clock.now() - startedAt });
    throw error;
  }

  const { settlements } = scheduler;
  const remoteCache = await service?.finish(settlements.reusedKeys());
  tellOfCache(emit, remoteCache);
  const errors = [...settlements.errors(), ...faults];
  const isComplete = isTaken && settlements.areSuccesses() && faults.length === 0;
  const isCancelled = signal.aborted && !isComplete && errors.length === 0;
  if (isCancelled) errors.push(buildCancelled(signal.reason));
  const outcome: BuildOutcome = isComplete ? "succeeded" : isCancelled ? "cancelled" : "failed";
  const durationMs = clock.now() - startedAt;
  emit({ type: "build-settled", outcome, durationMs });
  listener.throwIfBroken();

  const known = new Results(plan, settlements);
  return new Report({
    ...{ outcome, errors, durationMs, cwd, content, remoteCache },
    timing: () => {
      const spentOn = (id: number): number => settlements.find(id)?.spentMs ?? 0;
      const slots = capacities.of("cpu") ?? 1;
      return timingOf({ plan, makespanMs: durationMs, slots, spentOn });
    },
    stages: () =>
      settlements
        .inOrder()
        .map((id) => reportStage(plan.nodes[id]?.name ?? "", settlements.find(id) as Settlement)),
    named: (wanted) =>
      settlements
        .inOrder()
        .filter((id) => settlements.outcomeOf(id) === wanted)
        .map((id) => plan.nodes[id]?.name ?? ""),
    rebuild: async (artifact) => {
      const hasEffects = callsBelow([artifact]).some(({ command }) => command.run.hasSideEffects);
      if (hasEffects) return undefined;
      return await runBuild(artifact, { ...options, onEvent: undefined }, { isTraced: false });
    },
    known,
    remarksOn: async (at) => {
      const id = settlements.inOrder()[at];
      const node = id === undefined ? undefined : plan.nodes[id];
      if (node === undefined) return undefined;
      const { execution, produced } = settlements.find(node.id) ?? {};
      return await remarksOf(node.call, execution ?? produced?.result, content);
    },
    explain: async (handle) => {
      // Loaded when first needed: hardly any build is asked.
      const { explainBuild } = await import("./build-evidence.ts");
      return await explainBuild({ ...ground, settlements }, handle);
    },
    attest: async (artifact, value, said) => {
      const { attestBuild } = await import("./build-testimony.ts");
      return await attestBuild({ ...ground, settlements }, artifact, value, said);
    },
    sources: () =>
      [...plan.sources].flatMap(({ location, fetch }) => (fetch ? [] : resolve(cwd, location))),
  });
}

/** What is wrong with targets that no stage makes. If nothing has changed, that is what it was in the last build. */
async function findFaults(
  targets: readonly Handle[],
  { plan, store, sources, trace, lastLook }: Ground,
  settlements: Settlements,
): Promise<BuildError[]> {
  const isSame = trace.isUnchanged && sources.areUnchanged;
  const derived = isSame ? describeDerived(targets, plan, sources) : undefined;
  if (!lastLook.hasWorkedOut(derived)) {
    const known = new Results(plan, settlements);
    const faults = await faultsOfTargets(store.content, targets, known);
    if (faults.length > 0) return faults;
  }
  if (!isSame) return [];
  const reused = new Map<NodeId, Produced>();
  const expanded: Produced[] = [];
  for (const { id, isTarget } of plan.nodes) {
    const produced = isTarget ? settlements.find(id)?.produced : undefined;
    if (produced === undefined) continue;
    if (settlements.outcomeOf(id) === "reused") reused.set(id, produced);
    if (settlements.outcomeOf(id) === "expanded") expanded.push(produced);
  }
  await lastLook.keep(reused, expanded, derived);
  return [];
}

function tellOfCache(emit: (body: BuildEventBody) => void, use: RemoteCacheUse | undefined): void {
  if (use !== undefined) emit({ type: "remote-cache-used", ...use });
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
