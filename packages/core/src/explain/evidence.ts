/**
 * Evidence: what is known of the stage calls of one build, made or only planned.
 *
 * @module
 */
import type { BuildError } from "../errors/build-error.ts";
import type { Outcome } from "../events/event.ts";
import type { ActionKey } from "../graph/action.ts";
import type { Plan, PlanNode } from "../graph/plan.ts";
import type { Remark } from "../graph/remark.ts";
import type { StageCall } from "../graph/stage.ts";
import type { ComposedAction } from "../rebuild/compose.ts";
import type { History } from "../rebuild/history.ts";
import type { KeyPart } from "../rebuild/key-parts.ts";
import type { Value } from "../runner/runner.ts";
import type { Store } from "../store/store.ts";

/** What a build would do with a stage call, as far as that is known before. */
export type PlanStatus =
  /** Its result would be reused. */
  | "hit"
  /** Its command would be run. */
  | "run"
  /** What it would be given is known only when others have run. */
  | "unknown";

/** What became of a stage call, or would. */
export interface Verdict {
  readonly status: Outcome | PlanStatus;
  /** Absent when its inputs are not known. */
  readonly key?: ActionKey | undefined;
  readonly error?: BuildError | undefined;
  /** Why it was skipped, or run though there is a result, in one clause. */
  readonly reason?: string | undefined;
  /** Of what is unknown: the calls on which that depends. */
  readonly waitsFor?: readonly StageCall[];
}

/** What explanations are made from. */
export interface Evidence {
  readonly plan: Plan;
  readonly store: Store;
  readonly history: History;
  readonly labelOf: (call: StageCall) => string;
  verdictOn(node: PlanNode): Verdict | undefined;
  /** What the run gave rise to say, if there was one: in this build, or when the reused result was made. */
  remarksOn(node: PlanNode): Promise<readonly Remark[] | undefined>;
  /** The action of a call whose inputs are known; `undefined` otherwise, or when there can be none. */
  compose(node: PlanNode): Promise<ComposedAction | undefined>;
  /** As much as is known of a call whose inputs are not all known: no input root, and some values. */
  composeKnown(node: PlanNode): Promise<{
    readonly parts: readonly KeyPart[];
    readonly values: readonly (Value | undefined)[];
  }>;
}
