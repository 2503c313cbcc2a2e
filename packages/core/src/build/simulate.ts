/**
 * Simulating: how long a build would take, with so many slots.
 *
 * @module
 */
import type { Amounts } from "../graph/amounts.ts";
import type { GroundOptions, Targets } from "./ground.ts";
import type { Timing } from "./timing.ts";

/** What to simulate. */
export interface SimulationOptions extends Partial<
  Pick<GroundOptions, "cwd" | "runner" | "store">
> {
  /**
   * How long commands take, in milliseconds: by the names of their stages, or as a function says, which gets
   * the name of a stage, and that of the call as in the graph of a plan: `compile#2`.
   *
   * What this leaves open is as earlier builds with `runner` in `store` and `cwd` have measured it; a call that is
   * new is taken to be like the others of its stage, or like all others.
   */
  readonly durations?:
    | Readonly<Record<string, number>>
    | ((name: string, stage: string) => number | undefined);
  /** Commands at once: short for `resources: { cpu }`. @defaultValue the number of processors */
  readonly slots?: number;
  /** What commands share, as for `build`. */
  readonly resources?: Amounts;
}

/** A stage call in a simulation. Times are in milliseconds from the start of the build. */
export interface SimulatedStage {
  /** The stage call, as in the graph of a plan. */
  readonly stage: string;
  readonly startsAt: number;
  /** Equal to its start when it would run nothing. */
  readonly endsAt: number;
}

/** How a build would go. */
export interface Simulation extends Timing {
  /** Every stage call, inputs before what needs them. */
  readonly stages: readonly SimulatedStage[];
  /** The stage calls whose durations nobody knows, so that they were estimated. */
  readonly estimated: readonly string[];
  /** Dynamic stages of which it is not known what they would describe, so that it is missing. */
  readonly undescribed: readonly string[];
}

/**
 * Says how long a build of some targets would take if every command ran, and took as long as is known.
 * No command runs. With a `runner`, dynamic stages describe their graphs as in a plan, where `store` knows what they read: then
 * sources are copied into the store, and tools asked for their versions. Otherwise no source is read.
 *
 * Who goes first is decided as in a build. Commands succeed at once; the time of reading sources, of looking
 * results up and of laying out inputs is left out, but for what a recorded duration has of it.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE`; `RESOURCE_UNKNOWN`, `RESOURCE_TOO_LARGE`; `INVALID_OPTION`, also when there are neither
 *   durations nor a runner whose builds may be on record.
 * @example
 * ```ts
 * for (const slots of [8, 64, 1000]) {
 *   const { makespanMs, utilisation } = await simulate(app, { runner: localRunner(), slots });
 *   console.log(slots, makespanMs / 60_000, utilisation);
 * }
 * ```
 */
export async function simulate(targets: Targets, options: SimulationOptions): Promise<Simulation> {
  // Loaded when first needed: builds need nothing of it.
  const { makeSimulation } = await import("./make-simulation.ts");
  return await makeSimulation(targets, options);
}
