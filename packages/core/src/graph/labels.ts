/**
 * Labels: what people call the stage calls of one plan.
 *
 * @module
 */
import type { Plan } from "./plan.ts";
import type { StageCall } from "./stage.ts";

/** The name of the stage; from its second call on, with `#2` and so on, in the order of the plan. */
export function labelsOf(plan: Plan): ReadonlyMap<StageCall, string> {
  const labels = new Map<StageCall, string>();
  const taken = new Set<string>();
  const next = new Map<string, number>();
  for (const { call, name } of plan.nodes) {
    let label = name;
    for (let n = next.get(name) ?? 2; taken.has(label); n++) {
      label = `${name}#${n}`;
      next.set(name, n + 1);
    }
    taken.add(label);
    labels.set(call, label);
  }
  return labels;
}
