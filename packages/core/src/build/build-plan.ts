/**
 * The plan that people see: what a build would do, why, and how long that may take.
 *
 * @module
 */
import type { Handle } from "../artifact/handle.ts";
import { listed } from "../base/listed.ts";
import { summarizeChange, type Change } from "../explain/change.ts";
import type { PlanStatus } from "../explain/evidence.ts";
import { explainEach, explainHandle } from "../explain/explain.ts";
import type { Explanation, LinkedExplanation } from "../explain/explanation.ts";
import { findDifferences, type Basis } from "../explain/finding.ts";
import type { ActionKey } from "../graph/action.ts";
import type { NodeId } from "../graph/plan.ts";
import type { Forecast } from "./forecast.ts";
import type { Targets } from "./ground.ts";
import { keyContentsOf, type KeyContents } from "./key-contents.ts";
import { longestWay } from "./longest-way.ts";
import type { PlanGraph } from "./plan-attributes.ts";
import { graphOf } from "./plan-graph.ts";

/** What a build would do with one stage call. Plain data, that survives JSON. */
export interface StageForecast {
  /** The stage call: the name of its stage, with `#2` and so on from the second call. Key in the graph. */
  readonly stage: string;
  readonly status: PlanStatus;
  /** Why, in one clause; empty for a hit. */
  readonly reason: string;
  /** Absent when its inputs are not known. */
  readonly key?: ActionKey;
  /** What differs from the last run, as far as that is known. */
  readonly changes: readonly Change[];
  /** How long its last run took, in milliseconds. Absent when unknown; 0 for a hit. */
  readonly expectedMs?: number;
}

/** What a {@link BuildPlan} is made of. */
export interface BuildPlanParts {
  readonly targets: Targets;
  readonly stages: readonly StageForecast[];
  readonly criticalPath: readonly string[];
  readonly expectedMs: number;
  readonly longestMs: number;
  readonly forecast: Forecast;
}

/** What a build would do. It knows the store and the sources as they were when it was made. */
export class BuildPlan {
  /** Every stage call, also of those that dynamic stages describe, as far as that is known. Inputs before what needs them. */
  readonly stages: readonly StageForecast[];
  /** The stages on the way that is expected to take longest, first one first, hits left out. */
  readonly criticalPath: readonly string[];
  /**
   * The least time that the build is expected to take, in milliseconds: the longest way through what is
   * known to run, however many slots there are. A call that never ran counts as nothing.
   */
  readonly expectedMs: number;
  /** The same if all that is unknown runs, too. */
  readonly longestMs: number;
  readonly #targets: Targets;
  readonly #forecast: Forecast;

  constructor(parts: BuildPlanParts) {
    this.stages = parts.stages;
    this.criticalPath = parts.criticalPath;
    this.expectedMs = parts.expectedMs;
    this.longestMs = parts.longestMs;
    this.#targets = parts.targets;
    this.#forecast = parts.forecast;
  }

  /** Names of the calls of one status. */
  named(status: PlanStatus): readonly string[] {
    return this.stages.filter((each) => each.status === status).map(({ stage }) => stage);
  }

  /**
   * The graph of the targets, as `planGraph` makes it, with what the plan says at each stage. What dynamic stages have
   * described is part of it: they wait for it.
   */
  async graph(): Promise<PlanGraph> {
    const graph = await graphOf(this.#targets, this.#forecast);
    for (const { stage, status, reason, expectedMs } of this.stages) {
      const facts = { status, reason, ...(expectedMs !== undefined && { expectedMs }) };
      graph.mergeNodeAttributes(stage, facts);
    }
    return graph;
  }

  /** Why a handle would be made anew, or from where it would be reused. */
  async why(handle: Handle): Promise<Explanation> {
    return await explainHandle(this.#forecast, handle);
  }

  /**
   * Why each stage call would be made anew or reused, in the order of {@link BuildPlan.stages}: for pictures, which
   * explain whatever is clicked.
   */
  async whyEach(): Promise<readonly LinkedExplanation[]> {
    const places = new Map(this.stages.map(({ stage }, at) => [stage, at]));
    const placeOf = ({ stage }: LinkedExplanation): number => places.get(stage) ?? -1;
    return (await explainEach(this.#forecast)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }

  /**
   * What the key of a stage call is made of, and so all that decides whether its result is found.
   *
   * @param stage - As plans call it: `compile`, `compile#2`.
   * @returns `undefined` when the plan has no such call.
   */
  async keyOf(stage: string): Promise<KeyContents | undefined> {
    const { plan, labelOf } = this.#forecast;
    const node = plan.nodes.find(({ call }) => labelOf(call) === stage);
    return node && (await keyContentsOf(this.#forecast, node));
  }

  /** A line for each stage call. Equal plans give equal texts: no digests, times or absolute paths. */
  toString(): string {
    const counts = (["hit", "run", "unknown"] as const).map((status) => {
      const words = { hit: "reused", run: "to run", unknown: "unknown" };
      return `${this.named(status).length} ${words[status]}`;
    });
    const width = Math.max(0, ...this.stages.map(({ stage }) => stage.length));
    const lines = this.stages.map(({ stage, status, reason }) =>
      `  ${status.padEnd(7)}  ${reason === "" ? stage : `${stage.padEnd(width)}  ${reason}`}`.trimEnd(),
    );
    return [counts.join(", "), ...lines].join("\n");
  }
}

/** Says of each call what the forecast has found. */
export async function describeForecast(forecast: Forecast, targets: Targets): Promise<BuildPlan> {
  const byId = new Map<NodeId, StageForecast>();
  for (const node of forecast.inOrder) {
    const verdict = forecast.verdictOn(node);
    const status = verdict?.status as PlanStatus;
    const { key, reason: fixed, waitsFor = [] } = verdict ?? {};
    const stage = forecast.labelOf(node.call);
    const known = { stage, status, ...(key !== undefined && { key }) };
    if (status === "hit") {
      byId.set(node.id, { ...known, reason: fixed ?? "", changes: [], expectedMs: 0 });
      continue;
    }
    const { basis, changes } = await findDifferences(forecast, node);
    const expectedMs = forecast.history.earlierDuration(node);
    const own = fixed ?? (node.call.command.run.hasSideEffects ? "it has side effects" : undefined);
    const others = waitsFor.map(forecast.labelOf);
    const reason =
      own ??
      (status === "unknown" ? reasonToWait(changes, others, basis) : reasonToRun(changes, basis));
    byId.set(node.id, {
      ...known,
      ...{ reason, changes },
      ...(expectedMs !== undefined && { expectedMs }),
    });
  }
  const all = longestOf(forecast, byId, ["run", "unknown"]);
  return new BuildPlan({
    ...{ targets, stages: [...byId.values()], forecast },
    criticalPath: all.way,
    longestMs: all.length,
    expectedMs: longestOf(forecast, byId, ["run"]).length,
  });
}

function reasonToRun(changes: readonly Change[], basis: Basis): string {
  switch (basis) {
    case "first":
      return "first time";
    case "forgotten":
      return "what it was before is no longer in the store";
    case "same":
      return "its result was lost";
    case "compared":
      return summaryOf(changes);
  }
}

function reasonToWait(changes: readonly Change[], others: readonly string[], basis: Basis): string {
  const names = listed(others);
  if (basis === "first") return `first time, after ${names}`;
  if (changes.length > 0) return `${summaryOf(changes)}; after ${names}`;
  return `runs unless ${names} ${others.length === 1 ? "comes" : "come"} out unchanged`;
}

function summaryOf([first, ...more]: readonly Change[]): string {
  if (first === undefined) return "its key is another one";
  const what = summarizeChange(first);
  return more.length === 0 ? what : `${what}, and ${more.length} more`;
}

/** The stages of some statuses on the way that is expected to take longest. */
function longestOf(
  { plan }: Forecast,
  byId: ReadonlyMap<NodeId, StageForecast>,
  statuses: readonly PlanStatus[],
): { readonly way: string[]; readonly length: number } {
  const counted = (id: NodeId): StageForecast | undefined => {
    const stage = byId.get(id);
    return stage !== undefined && statuses.includes(stage.status) ? stage : undefined;
  };
  const { ids, length } = longestWay(plan.nodes, (id) => counted(id)?.expectedMs ?? 0);
  return { way: ids.flatMap((id) => counted(id)?.stage ?? []), length };
}
