/**
 * Evidence of a build that was made.
 *
 * @module
 */
import type { Handle } from "../artifact/handle.ts";
import type { Evidence, Verdict } from "../explain/evidence.ts";
import { explainHandle } from "../explain/explain.ts";
import type { Explanation } from "../explain/explanation.ts";
import { labelsOf } from "../graph/labels.ts";
import type { Plan, PlanNode } from "../graph/plan.ts";
import type { Remark } from "../graph/remark.ts";
import type { StageCall } from "../graph/stage.ts";
import type { ComposedAction } from "../rebuild/compose.ts";
import type { History } from "../rebuild/history.ts";
import { remarksOf } from "../rebuild/remarks.ts";
import type { ToolIdentities } from "../rebuild/tool-identities.ts";
import type { Placement } from "../runner/placement.ts";
import type { Settlements } from "../schedule/settlements.ts";
import type { Store } from "../store/store.ts";
import { Composer, type KnownAction } from "./composer.ts";

/** What is left of a build. */
export interface BuildEvidenceParts {
  readonly plan: Plan;
  readonly store: Store;
  readonly placement: Placement;
  readonly history: History;
  readonly identities: ToolIdentities;
  readonly settlements: Settlements;
}

/** What became of the calls of a build. */
class BuildEvidence implements Evidence {
  readonly plan: Plan;
  readonly store: Store;
  readonly history: History;
  readonly #settlements: Settlements;
  readonly #labels: ReadonlyMap<StageCall, string>;
  readonly #composer: Composer;

  constructor(parts: BuildEvidenceParts) {
    const { plan, store, history, settlements } = parts;
    this.plan = plan;
    this.store = store;
    this.history = history;
    this.#settlements = settlements;
    this.#labels = labelsOf(plan);
    this.#composer = new Composer({ ...parts, content: store.content, known: settlements });
  }

  readonly labelOf = (call: StageCall): string => this.#labels.get(call) ?? call.name;

  verdictOn({ id }: PlanNode): Verdict | undefined {
    const settlement = this.#settlements.find(id);
    return settlement && { ...settlement, status: settlement.outcome };
  }

  async remarksOn({ id, call }: PlanNode): Promise<readonly Remark[] | undefined> {
    const settlement = this.#settlements.find(id);
    const log = settlement?.execution ?? settlement?.produced?.result;
    return await remarksOf(call, log, this.store.content);
  }

  async compose({ call }: PlanNode): Promise<ComposedAction | undefined> {
    return await this.#composer.tryCompose(call);
  }

  async composeKnown({ call }: PlanNode): Promise<KnownAction> {
    return await this.#composer.composeKnown(call);
  }
}

/** Explains what became of a handle. Rejects as `report.why` does. */
export async function explainBuild(
  parts: BuildEvidenceParts,
  handle: Handle,
): Promise<Explanation> {
  return await explainHandle(new BuildEvidence(parts), handle);
}
