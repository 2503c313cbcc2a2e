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
  readonly #plan: Plan;
  /** By the call that they are copies of. Made when a call itself has nothing to say. */
  #copies: Map<StageCall, StageCall> | undefined;

  constructor(plan: Plan, settlements: Settlements) {
    this.#settlements = settlements;
    this.#plan = plan;
  }

  sourceValue(origin: SourceOrigin): Value | undefined {
    return this.#settlements.sourceValue(origin);
  }

  outputValue(call: StageCall, output: string): Value | undefined {
    const exact = this.#settlements.outputValue(call, output);
    return (
      exact ??
      this.#settlements.outputValue(this.#copyOf(call), output) ??
      this.#leftBehind(call, output)
    );
  }

  hasRun(call: StageCall): boolean {
    return this.#settlements.hasRun(call) || this.#settlements.hasRun(this.#copyOf(call));
  }

  /** What a command that failed was to leave even then. It is for people: no stage gets it. */
  #leftBehind(call: StageCall, name: string): Value | undefined {
    const { nodeByCall } = this.#plan;
    const node = nodeByCall.get(call) ?? nodeByCall.get(this.#copyOf(call));
    const execution = node && this.#settlements.find(node.id)?.execution;
    const spec = call.command.outputs.find((output) => output.name === name);
    return spec?.evenIfFailed === true ? execution?.outputs.get(spec.path) : undefined;
  }

  /** The copy of a call that is in the plan; if there is none, the call itself. */
  #copyOf(call: StageCall): StageCall {
    this.#copies ??= new Map(this.#plan.nodes.map((node) => [node.call.original, node.call]));
    return this.#copies.get(call.original) ?? call;
  }
}
