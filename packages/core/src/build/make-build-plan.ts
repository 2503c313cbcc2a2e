/**
 * Making plans: the ground is laid as for a build, and the forecast described.
 *
 * @module
 */
import { atWork } from "../base/aside.ts";
import { buildCancelled } from "../errors/catalogue.ts";
import { takeSources } from "../schedule/take-sources.ts";
import { describeForecast, type BuildPlan } from "./build-plan.ts";
import { Forecast } from "./forecast.ts";
import { checkRunner, layGround, type GroundOptions, type Targets } from "./ground.ts";

/** Makes the plan of some targets. Rejects as `plan` does. */
export async function makeBuildPlan(
  targets: Targets,
  options: GroundOptions & { readonly signal?: AbortSignal },
): Promise<BuildPlan> {
  checkRunner(options);
  return await atWork(options.clock, async () => await planAtWork(targets, options));
}

async function planAtWork(
  targets: Targets,
  options: GroundOptions & { readonly signal?: AbortSignal },
): Promise<BuildPlan> {
  const signal = options.signal ?? new AbortController().signal;
  const ground = layGround(targets, options, { signal, isTraced: true });
  using _ = ground.hold;
  const { clock, sources, identities } = ground;
  if (!(await takeSources(ground.plan.sources, sources, { clock, signal, emit: () => {} }))) {
    throw buildCancelled(signal.reason);
  }
  await identities.prefetch(ground.plan.nodes.map(({ call }) => call.command));
  const forecast = new Forecast({ ...ground, signal });
  try {
    await forecast.decide();
  } catch (error) {
    if (signal.aborted) throw buildCancelled(signal.reason);
    throw error;
  }
  return await describeForecast(forecast, targets);
}
