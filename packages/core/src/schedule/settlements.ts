/**
 * Settlements: what became of each node, and the values that follow.
 *
 * @module
 */
import type { SourceOrigin } from "../artifact/handle.ts";
import { summarize, type BuildError } from "../errors/build-error.ts";
import type { BuildEventBody, Outcome } from "../events/event.ts";
import type { ActionKey } from "../graph/action.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import type { StageCall } from "../graph/stage.ts";
import type { Produced } from "../rebuild/rebuilder.ts";
import type { KnownValues } from "../rebuild/resolve.ts";
import type { Sources } from "../rebuild/sources.ts";
import type { Execution, Value } from "../runner/runner.ts";

/** What became of a node. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly key: ActionKey | undefined;
  /** What it made, when it ran or was reused. */
  readonly produced: Produced | undefined;
  /** What the runner saw, when it ran in this build. */
  readonly execution: Execution | undefined;
  /** How often its command was run in this build. */
  readonly attempts: number;
  readonly error: BuildError | undefined;
  readonly reason: string | undefined;
}

/** A settlement, of which only the outcome must be said. */
export type SettlementParts = Partial<Omit<Settlement, "attempts">> & {
  readonly outcome: Outcome;
};

/** The settlements of one build. */
export class Settlements implements KnownValues {
  readonly #plan: Plan;
  readonly #sources: Sources;
  readonly #emit: (event: BuildEventBody) => void;
  readonly #isHeard: boolean;
  readonly #byId = new Map<NodeId, Settlement>();

  constructor(parts: {
    readonly plan: Plan;
    readonly sources: Sources;
    readonly emit: (event: BuildEventBody) => void;
    readonly isHeard: boolean;
  }) {
    this.#plan = parts.plan;
    this.#sources = parts.sources;
    this.#emit = parts.emit;
    this.#isHeard = parts.isHeard;
  }

  /** By node, in the order in which they came about. */
  get all(): ReadonlyMap<NodeId, Settlement> {
    return this.#byId;
  }

  find(id: NodeId): Settlement | undefined {
    return this.#byId.get(id);
  }

  sourceValue(origin: SourceOrigin): Value | undefined {
    return this.#sources.find(origin);
  }

  outputValue(call: StageCall, output: string): Value | undefined {
    return this.#producedBy(call)?.values.get(output);
  }

  hasRun(call: StageCall): boolean {
    return this.#producedBy(call) !== undefined;
  }

  /** Notes what became of a node, in the place of what may have become of it before, and tells of it. */
  record(node: PlanNode, parts: SettlementParts, attempts = 0): void {
    const { outcome, key, produced, execution, error, reason } = parts;
    // Put last, even if it was there before: the order is that of the last settlements.
    this.#byId.delete(node.id);
    this.#byId.set(node.id, { outcome, key, produced, execution, attempts, error, reason });
    if (!this.#isHeard) return;
    const ran = execution ?? produced?.result;
    this.#emit({
      type: "stage-settled",
      id: node.id,
      name: node.name,
      outcome,
      key,
      durationMs: ran ? ran.finishedAt - ran.startedAt : 0,
      ranBy: produced?.result.worker,
      attempts,
      error: error && summarize(error),
      reason,
    });
  }

  #producedBy(call: StageCall): Produced | undefined {
    const node = this.#plan.nodeByCall.get(call);
    return node && this.#byId.get(node.id)?.produced;
  }
}
