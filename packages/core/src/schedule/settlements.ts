/**
 * Settlements: what became of each node, and the values that follow.
 *
 * @module
 */
import type { SourceOrigin } from "../artifact/handle.ts";
import { summarize, type BuildError } from "../errors/build-error.ts";
import { isSuccess, type BuildEventBody, type Outcome } from "../events/event.ts";
import type { ActionKey } from "../graph/action.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import type { Remark } from "../graph/remark.ts";
import type { StageCall } from "../graph/stage.ts";
import type { Produced } from "../rebuild/rebuilder.ts";
import type { KnownValues } from "../rebuild/resolve.ts";
import type { Sources } from "../rebuild/sources.ts";
import type { Traced } from "../rebuild/trace.ts";
import type { Execution, Value } from "../runner/runner.ts";

/** What became of a node. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly key: ActionKey | undefined;
  /** What it made, when it ran or was reused. */
  readonly produced: Produced | undefined;
  /** What the runner saw, when it ran in this build and failed. */
  readonly execution: Execution | undefined;
  /** How often its command was run in this build. */
  readonly attempts: number;
  /** How long it had what it needs for that, all runs together, in milliseconds. */
  readonly spentMs: number;
  readonly error: BuildError | undefined;
  readonly reason: string | undefined;
}

/** What a build has done for a node. */
export type Effort = Pick<Settlement, "attempts" | "spentMs">;

const noEffort: Effort = { attempts: 0, spentMs: 0 };

/** A settlement, of which only the outcome must be said. */
export type SettlementParts = Partial<Omit<Settlement, "attempts" | "spentMs">> & {
  readonly outcome: Outcome;
  /** What is told of the run. It is not held: whoever asks later reads the log again. */
  readonly remarks?: readonly Remark[] | undefined;
  /** Why another runner ran it than that which was asked. Told as well, and not held. */
  readonly fellBack?: BuildError | undefined;
};

/** The settlements of one build. */
export class Settlements implements KnownValues {
  readonly #plan: Plan;
  readonly #sources: Sources;
  readonly #emit: (event: BuildEventBody) => void;
  readonly #isHeard: boolean;
  /** By node. A recorded result that was reused stands for its settlement, which few will ask for. */
  readonly #settled: (Settlement | Traced | undefined)[] = [];
  /** Nodes as they were settled. Of one that is there again, the last place counts. */
  readonly #order: NodeId[] = [];
  #isTwice = false;

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

  /** The nodes that have settled, in the order in which they did so for the last time. */
  inOrder(): readonly NodeId[] {
    return this.#isTwice ? [...new Set(this.#order.toReversed())].toReversed() : this.#order;
  }

  /** Every failure, in that order. */
  errors(): BuildError[] {
    const errors: BuildError[] = [];
    if (this.areSuccesses()) return errors;
    for (const id of this.inOrder()) {
      const error = this.find(id)?.error;
      if (error !== undefined) errors.push(error);
    }
    return errors;
  }

  /** True when everything that has settled has succeeded. */
  areSuccesses(): boolean {
    return this.#settled.every(
      (settled) => settled === undefined || !("outcome" in settled) || isSuccess(settled.outcome),
    );
  }

  /** Keys of the results that were reused. */
  *reusedKeys(): Generator<ActionKey, void> {
    for (const settled of this.#settled) {
      if (settled === undefined || ("outcome" in settled && settled.outcome !== "reused")) continue;
      if (settled.key !== undefined && settled.key !== "") yield settled.key;
    }
  }

  find(id: NodeId): Settlement | undefined {
    const settled = this.#settled[id];
    return settled === undefined || "outcome" in settled ? settled : reusedAs(settled);
  }

  outcomeOf(id: NodeId): Outcome | undefined {
    const settled = this.#settled[id];
    return settled !== undefined && !("outcome" in settled) ? "reused" : settled?.outcome;
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
  record(node: PlanNode, parts: SettlementParts, { attempts, spentMs }: Effort = noEffort): void {
    const { outcome, key, produced, execution, error, reason, remarks } = parts;
    const { fellBack = execution?.fellBack } = parts;
    this.#place(node);
    const settled = { outcome, key, produced, execution, attempts, spentMs, error, reason };
    this.#settled[node.id] = settled;
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
      remarks,
      fellBack: fellBack && summarize(fellBack),
    });
  }

  /** Notes that a recorded result was reused, and tells of it. */
  recordTraced(node: PlanNode, traced: Traced): void {
    if (this.#isHeard) return this.record(node, reusedAs(traced));
    this.#place(node);
    this.#settled[node.id] = traced;
  }

  #place({ id }: PlanNode): void {
    this.#isTwice ||= this.#settled[id] !== undefined;
    this.#order.push(id);
  }

  #producedBy(call: StageCall): Produced | undefined {
    const node = this.#plan.nodeByCall.get(call);
    const settled = node && this.#settled[node.id];
    return settled && "outcome" in settled ? settled.produced : settled;
  }
}

function reusedAs(traced: Traced): Settlement {
  return {
    outcome: "reused",
    key: traced.key,
    produced: traced,
    execution: undefined,
    attempts: 0,
    spentMs: 0,
    error: undefined,
    reason: undefined,
  };
}
