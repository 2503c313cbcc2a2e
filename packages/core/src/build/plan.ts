/**
 * Planning: what a build would do, and why, without doing it.
 *
 * @module
 */
import type { Handle } from "../artifact/handle.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { BuildPlan } from "./build-plan.ts";
import type { GroundOptions, Targets } from "./ground.ts";

/** How to plan: as the build would be made. */
export interface PlanOptions extends GroundOptions {
  /** Aborting it ends the planning with `BUILD_CANCELLED`. */
  readonly signal?: AbortSignal;
}

/**
 * Says what a build of some targets would do: which results it would reuse, which commands it would run,
 * and of which that is not known before others have run.
 *
 * No command runs. The bodies of dynamic stages do, as soon as all that they read is known, and what they describe is
 * planned as well. Sources are copied into the store, for their digests decide, and what is to be fetched is
 * fetched; tools are asked for their versions. Nothing else is written down: a build that follows does what
 * it would have done.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE`, `INVALID_OPTION`, `BUILD_CANCELLED`, or an error of a source.
 * @example
 * ```ts
 * const coming = await plan(app, { runner: localRunner() });
 * console.log(String(coming)); // 1 reused, 1 to run, 1 unknown ...
 * ```
 */
export async function plan(targets: Targets, options: PlanOptions): Promise<BuildPlan> {
  // Loaded when first needed: builds need nothing of it.
  const { makeBuildPlan } = await import("./make-build-plan.ts");
  return await makeBuildPlan(targets, options);
}

/**
 * Says why a build of a handle would run what it would run; or, where it would run nothing, when, where and
 * by which key the result was made. Plans as {@link plan} does. What became of a build that was made says
 * `report.why`.
 *
 * @throws {@link BuildError} as {@link plan} does.
 * @example
 * ```ts
 * console.log(String(await why(app, { runner: localRunner() })));
 * ```
 */
export async function why(handle: Handle, options: PlanOptions): Promise<Explanation> {
  return await (await plan(handle, options)).why(handle);
}
