/**
 * What one build is made with, as far as scheduling is concerned.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { BuildEventBody } from "../events/event.ts";
import type { Plan } from "../graph/plan.ts";
import type { History } from "../rebuild/history.ts";
import type { LastLook } from "../rebuild/last-look.ts";
import type { Sources } from "../rebuild/sources.ts";
import type { ToolIdentities } from "../rebuild/tool-identities.ts";
import type { Trace } from "../rebuild/trace.ts";
import type { Placement } from "../runner/placement.ts";
import type { Store, StoreService } from "../store/store.ts";
import type { Capacities } from "./capacities.ts";
import type { Recheck } from "./recheck.ts";

/** What a build is made with. */
export interface ScheduleOptions {
  readonly plan: Plan;
  /** Absolute root directory of the build, from which sources are named. */
  readonly project: string;
  readonly sources: Sources;
  readonly store: Store;
  /** What the store does for this build beside keeping things, if it does anything. */
  readonly service: StoreService | undefined;
  readonly placement: Placement;
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
  readonly lastLook: LastLook;
  readonly identities: ToolIdentities;
  /** Environment of the process that builds, where values of secrets are. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}
