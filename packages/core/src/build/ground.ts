/**
 * The ground that builds and plans stand on: the plan, the store, and what earlier builds left in it.
 *
 * @module
 */
import { resolve } from "node:path";

import { isHandle, type Handle } from "../artifact/handle.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { describe } from "../base/describe.ts";
import { invalidOption, notAHandle } from "../errors/catalogue.ts";
import { makePlan, type Plan } from "../graph/plan.ts";
import { History } from "../rebuild/history.ts";
import { keyVersion } from "../rebuild/key-parts.ts";
import { LastLook } from "../rebuild/last-look.ts";
import { Memory } from "../rebuild/memory.ts";
import { Sources } from "../rebuild/sources.ts";
import { ToolIdentities } from "../rebuild/tool-identities.ts";
import { Trace } from "../rebuild/trace.ts";
import { Placement } from "../runner/placement.ts";
import type { Runner } from "../runner/runner.ts";
import { defaultStoreDirectory } from "../store/default-store.ts";
import { DiskStore } from "../store/disk-store.ts";
import type { Store } from "../store/store.ts";
import { isSystemError } from "../store/system-error.ts";

/** What to build: a handle, or several. */
export type Targets = Handle | readonly Handle[];

/** What a build or a plan is made in. */
export interface GroundOptions {
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
  /** Time. @defaultValue the machine's */
  readonly clock?: Clock;
}

/** What a build or a plan begins with. */
export interface Ground {
  readonly plan: Plan;
  readonly placement: Placement;
  readonly clock: Clock;
  /** Absolute. */
  readonly cwd: string;
  readonly store: Store;
  /** Nothing that is used from now on is collected as garbage, until this is disposed of. */
  readonly hold: Disposable | undefined;
  readonly memory: Memory;
  readonly history: History;
  readonly identities: ToolIdentities;
  readonly sources: Sources;
  readonly trace: Trace;
  readonly lastLook: LastLook;
}

/**
 * Reads what there is. Writes nothing.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE`, `INVALID_OPTION`, `RUNNER_UNABLE`.
 */
export function layGround(
  targets: Targets,
  options: GroundOptions,
  { signal, isTraced }: { readonly signal: AbortSignal; readonly isTraced: boolean },
): Ground {
  checkRunner(options);
  const { clock = systemClock, runner } = options;
  const cwd = directoryOf(options.cwd);
  const plan = makePlan(checkTargets(targets));
  const store = openStore(options.store, cwd);
  const hold = store.hold?.();
  const { content } = store;
  const placement = new Placement(runner, content, signal);
  placement.check(plan.nodeByCall.keys());
  const remembered = isTraced ? store.notes : undefined;
  const memory = new Memory(remembered, subjectOf(plan, cwd, runner), locationsOf(plan));
  const history = new History(store.notes, plan, cwd, runner);
  const identities = new ToolIdentities(placement, signal, store.notes);
  const identitiesOf = identities.known.bind(identities);
  const demandOf = placement.demandOf.bind(placement);
  const [sources, trace] = memory.recall((recorded) => {
    const each = new Sources({
      ...{ content, cwd, signal, clock, recorded },
      omit: store.directory,
    });
    return [each, new Trace({ plan, sources: each, identitiesOf, demandOf, recorded })] as const;
  });
  const { notes } = store;
  const { subject, record } = memory;
  const lastLook = new LastLook({ notes, subject, record, content });
  const past = { memory, history, trace, lastLook };
  return { plan, placement, clock, cwd, store, hold, ...past, identities, sources };
}

/** @throws {@link BuildError} `INVALID_OPTION`, also when there are no options at all. */
export function checkRunner(options: Partial<GroundOptions> | undefined): void {
  const runner = options?.runner as Partial<Runner> | undefined;
  if (typeof runner?.run === "function") return;
  throw invalidOption("runner", describe(runner), "a runner, such as `localRunner()` makes");
}

/** The directory of a build. The process may have lost its own. */
function directoryOf(cwd: string | undefined): string {
  try {
    return resolve(cwd ?? process.cwd());
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const found = `${describe(cwd)}, and the directory of the process is gone`;
    throw invalidOption("cwd", found, "the absolute path of a directory");
  }
}

/** What tells builds apart that can learn nothing from each other. */
function subjectOf(plan: Plan, cwd: string, runner: Runner): readonly unknown[] {
  const ends = plan.nodes.filter(({ dependents }) => dependents.length === 0);
  // How far it keeps commands to their inputs may take a process to find out, and is in no key.
  const { name, platform } = runner;
  return [keyVersion, cwd, name, platform, ends.map((node) => node.name)];
}

/** Where the sources of a plan lie, as far as it knows from the start. What is fetched lies nowhere. */
function locationsOf({ sources }: Plan): readonly string[] {
  const locations = new Set<string>();
  for (const { location, fetch } of sources) if (fetch === undefined) locations.add(location);
  return [...locations];
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
