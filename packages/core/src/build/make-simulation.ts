/**
 * Making simulations: durations from where they are known, and what follows from them.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { lazily } from "../base/lazily.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { labelsOf } from "../graph/labels.ts";
import { makePlan, type Plan, type PlanNode } from "../graph/plan.ts";
import { Capacities } from "../schedule/capacities.ts";
import type { Durations } from "../schedule/estimates.ts";
import { simulatePlan } from "../schedule/simulation.ts";
import { describePlan, undescribedPlan } from "./described-plan.ts";
import { checkTargets, layGround, type Targets } from "./ground.ts";
import type { SimulatedStage, Simulation, SimulationOptions } from "./simulate.ts";
import { timingOf } from "./timing.ts";

/** Simulates a build of some targets. Rejects as `simulate` does. */
export async function makeSimulation(
  targets: Targets,
  options: SimulationOptions,
): Promise<Simulation> {
  const { runner, durations: model, ...others } = options;
  const capacities = new Capacities(options);
  const signal = new AbortController().signal;
  const ground = runner && layGround(targets, { ...others, runner }, { signal, isTraced: true });
  using _ = ground?.hold;
  if (ground === undefined && model === undefined) {
    const wanted = "durations of stages, or a `runner` whose builds are on record";
    throw invalidOption("durations", describe(model), wanted);
  }
  const asked = undescribedPlan(ground?.plan ?? makePlan(checkTargets(targets)));
  const mayGrow = ground !== undefined && asked.undescribed.length > 0;
  const { plan, undescribed } = mayGrow ? await describePlan(ground) : asked;
  capacities.check(plan.nodeByCall.keys());
  const known = new KnownDurations(plan, model, ground?.history);
  // Without a model, exactly what a build would ask.
  const durations = (model === undefined ? ground?.history : undefined) ?? known;
  const { starts, ends } = simulatePlan({ plan, durations, capacities });
  let makespanMs = 0;
  for (const end of ends) makespanMs = Math.max(makespanMs, end);
  const spentOn = (id: number): number => (ends[id] ?? 0) - (starts[id] ?? 0);
  const slots = capacities.of("cpu") ?? 1;
  const labelOf = ({ call, name }: PlanNode): string => known.labels.get(call) ?? name;
  const simulation: Simulation = {
    stages: [],
    ...timingOf({ plan, makespanMs, slots, spentOn }),
    estimated: plan.nodes.filter((node) => known.isEstimated(node)).map(labelOf),
    undescribed: undescribed.map(labelOf),
  };
  lazily(simulation, "stages", () =>
    plan.nodes.map((node): SimulatedStage => {
      const [startsAt, endsAt] = [starts[node.id] ?? 0, ends[node.id] ?? 0];
      return { stage: labelOf(node), startsAt, endsAt };
    }),
  );
  return simulation;
}

/** What a model says, and for the rest what earlier builds have measured. */
class KnownDurations implements Durations {
  readonly labels: ReturnType<typeof labelsOf>;
  readonly #known: readonly (number | undefined)[];
  readonly #byStage: ReadonlyMap<string, readonly number[]>;

  constructor(plan: Plan, model: SimulationOptions["durations"], history: Durations | undefined) {
    this.labels = labelsOf(plan);
    const modelled = typeof model === "function" ? model : namesIn(model ?? {});
    this.#known = plan.nodes.map((node) => {
      const said = modelled(node.name, this.labels.get(node.call) ?? node.name);
      if (said !== undefined && !(Number.isFinite(said) && said >= 0)) {
        const wanted = "a number of milliseconds, not below 0";
        throw invalidOption(`durations.${node.name}`, describe(said), wanted);
      }
      return said ?? history?.earlierDuration(node);
    });
    // As a build would know them that followed one with these durations.
    const groups = new Map<string, number[]>();
    for (const { id, name } of plan.nodes) {
      const known = this.#known[id];
      if (known === undefined) continue;
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [known]);
      else group.push(known);
    }
    this.#byStage = new Map([...(history?.durationsByStage() ?? []), ...groups]);
  }

  /** Whether nobody has said how long it takes. Dynamic stages run nothing. */
  isEstimated({ id, call }: PlanNode): boolean {
    return this.#known[id] === undefined && call.expand === undefined;
  }

  earlierDuration({ id }: PlanNode): number | undefined {
    return this.#known[id];
  }

  durationsByStage(): ReadonlyMap<string, readonly number[]> {
    return this.#byStage;
  }
}

function namesIn(
  durations: Readonly<Record<string, number>>,
): (name: string) => number | undefined {
  return (name) => (Object.hasOwn(durations, name) ? durations[name] : undefined);
}
