/**
 * Results: the values of a build, for the handles that users hold.
 *
 * @module
 */
import type { SourceOrigin } from "../artifact/handle.ts";
import type { Plan } from "../graph/plan.ts";
import type { StageCall } from "../graph/stage.ts";
import type { KnownValues } from "../rebuild/resolve.ts";
import type { Value } from "../runner/runner.ts";
import type { Settlements } from "../schedule/settlements.ts";

/** Finds values for handles that users hold, which `seq` and `after` may have made copies of. */
export class Results implements KnownValues {
  readonly #settlements: Settlements;
  readonly #copies = new Map<StageCall, StageCall>();

  constructor(plan: Plan, settlements: Settlements) {
    this.#settlements = settlements;
    for (const { call } of plan.nodes) this.#copies.set(call.original, call);
  }

  sourceValue(origin: SourceOrigin): Value | undefined {
    return this.#settlements.sourceValue(origin);
  }

  outputValue(call: StageCall, output: string): Value | undefined {
    const exact = this.#settlements.outputValue(call, output);
    const copy = this.#copies.get(call.original);
    return exact ?? (copy && this.#settlements.outputValue(copy, output));
  }

  hasRun(call: StageCall): boolean {
    const copy = this.#copies.get(call.original);
    return this.#settlements.hasRun(call) || (copy !== undefined && this.#settlements.hasRun(copy));
  }
}
