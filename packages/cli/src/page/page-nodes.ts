/**
 * Nodes of a page: from the graph of a plan, and what only a build knows.
 *
 * @module
 */
import type {
  BuildPlan,
  LinkedExplanation,
  PlanGraph,
  PlanGraphEdge,
  PlanGraphNode,
  StageForecast,
} from "@ashlar/core";

import type { LastStage } from "../last-build.ts";
import { sideBySide } from "./merge-build.ts";
import type { PageNeed, PageNode, PageRun, PageStage, PageState, PageWhy } from "./page-data.ts";

/** What nodes are made from. */
export interface NodeParts {
  readonly plan: BuildPlan;
  readonly graph: PlanGraph;
  readonly whys: readonly LinkedExplanation[];
  readonly build: readonly LastStage[];
  /** When the build began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Slot of what ran, by its number in the build. */
  readonly rows: ReadonlyMap<number, number>;
}

/** The nodes of a page, and where its stages come from. */
export interface PageNodes {
  readonly nodes: readonly PageNode[];
  /** By position: what the plan and the build say of a stage. */
  readonly origins: ReadonlyMap<number, StageOrigin>;
  /** By number in the build: position among the nodes. */
  readonly byBuildId: ReadonlyMap<number, number>;
}

/** What is known of a stage, besides its node. */
export interface StageOrigin {
  readonly forecast?: StageForecast;
  readonly built?: LastStage;
}

/** Makes the nodes, without logs. */
export function nodesOf(parts: NodeParts): PageNodes {
  const { plan, graph, whys, build } = parts;
  const { built, others } = sideBySide(plan.stages, build);
  const origins = new Map<number, StageOrigin>();
  const byBuildId = new Map<number, number>();
  const position = new Map(graph.nodes().map((key, at) => [key, at]));
  const stageKeys = graph.filterNodes((_, { type }) => type === "stage");
  const positions = stageKeys.map((key) => position.get(key) ?? 0);
  const byLabel = new Map(plan.stages.map(({ stage }, at) => [stage, positions[at] ?? 0]));
  let order = 0;
  const nodes = graph.mapNodes((key, node): PageNode => {
    const needs = graph.mapInEdges(key, (_, edge, from) => needOf(edge, position.get(from) ?? 0));
    const common = {
      ...(node.isTarget && ({ isTarget: true } as const)),
      ...(needs.length > 0 && { needs }),
    };
    if (node.type !== "stage") return { ...plainNode(node), ...common };
    const at = order++;
    const forecast = plan.stages[at];
    const one = built.get(at);
    const place = position.get(key) ?? 0;
    origins.set(place, { ...(forecast && { forecast }), ...(one && { built: one }) });
    if (one !== undefined) byBuildId.set(one.id, place);
    const why = whys[at];
    const stage: PageStage = {
      ...ranOf(one, parts),
      state: stateOf(one, forecast),
      argv: node.argv,
      ...(node.cwd !== "" && { cwd: node.cwd }),
      ...(node.tools.length > 0 && { tools: node.tools }),
      ...(node.image !== undefined && { image: node.image }),
      ...(node.outputs.length > 0 && {
        outputs: node.outputs.map(({ name, kind, path }) => ({ name, kind, path })),
      }),
      ...keyOf(forecast?.key ?? one?.key),
      ...(forecast?.expectedMs !== undefined &&
        forecast.status !== "hit" && { expectedMs: forecast.expectedMs }),
      ...(why && { why: whyOf(why, forecast, byLabel) }),
    };
    return { kind: "stage", label: forecast?.stage ?? node.label, ...common, stage };
  });
  addOthers(nodes, others, { parts, origins, byBuildId });
  return { nodes, origins, byBuildId };
}

/** Adds what only the build knows. It comes after what it needs, but for what waits for it. */
function addOthers(
  nodes: PageNode[],
  others: readonly LastStage[],
  {
    parts,
    origins,
    byBuildId,
  }: Pick<PageNodes, "byBuildId"> & {
    readonly parts: NodeParts;
    readonly origins: Map<number, StageOrigin>;
  },
): void {
  const taken = new Set(nodes.map(({ label }) => label));
  const ids = byBuildId as Map<number, number>;
  const begin = nodes.length;
  for (const [at, { id }] of others.entries()) ids.set(id, begin + at);
  for (const one of others) {
    const needs = one.dependencies.flatMap((id) => {
      const node = ids.get(id);
      return node === undefined ? [] : [{ node }];
    });
    let label = one.stage;
    for (let n = 2; taken.has(label); n++) label = `${one.stage}#${n}`;
    taken.add(label);
    origins.set(nodes.length, { built: one });
    const stage: PageStage = {
      ...ranOf(one, parts),
      state: stateOf(one, undefined),
      ...keyOf(one.key),
    };
    nodes.push({ kind: "stage", label, ...(needs.length > 0 && { needs }), stage });
  }
  // Who has described them waits for them.
  for (const [at, { forecast, built }] of origins) {
    const places = built?.dependencies.map((id) => ids.get(id) ?? 0) ?? [];
    const added = places.filter((place) => place >= begin).map((node) => ({ node }));
    const known = nodes[at];
    if (forecast === undefined || known === undefined || added.length === 0) continue;
    nodes[at] = { ...known, needs: [...(known.needs ?? []), ...added] };
  }
}

function keyOf(key: string | undefined): { readonly key?: string } {
  return key === undefined ? {} : { key };
}

/** When it ran, as far as it did. */
function ranOf(
  one: LastStage | undefined,
  { startedAt, rows }: NodeParts,
): Pick<PageStage, "durationMs" | "reusedAt" | "run"> {
  if (one === undefined) return {};
  const { startedAt: from, settledAt: to, durationMs, id, outcome } = one;
  const row = rows.get(id);
  const run: PageRun | undefined =
    from === undefined || to === undefined || row === undefined
      ? undefined
      : { from: from - startedAt, to: to - startedAt, row };
  return {
    ...(run && { run }),
    ...(durationMs > 0 && { durationMs }),
    ...(outcome === "reused" && to !== undefined && { reusedAt: to - startedAt }),
  };
}

function stateOf(one: LastStage | undefined, forecast: StageForecast | undefined): PageState {
  if (one === undefined) return forecast?.status ?? "unknown";
  // The end of the build was not recorded.
  if (one.outcome === "waiting") return "skipped";
  return one.outcome === "running" ? "cancelled" : one.outcome;
}

function whyOf(
  { text, isOrigin, causes }: LinkedExplanation,
  forecast: StageForecast | undefined,
  byLabel: ReadonlyMap<string, number>,
): PageWhy {
  return {
    text,
    ...(isOrigin && { isOrigin }),
    ...(causes.length > 0 && { causes: causes.flatMap((label) => byLabel.get(label) ?? []) }),
    ...(forecast?.status === "hit" && { isHit: true }),
  };
}

function plainNode(node: Exclude<PlanGraphNode, { readonly type: "stage" }>): PageNode {
  const { type: kind, label } = node;
  switch (node.type) {
    case "source":
      return { kind, label, ...(node.sha256 !== undefined && { sha256: node.sha256 }) };
    case "text":
      return { kind, label, sizeBytes: node.sizeBytes };
    case "merge":
      return { kind, label };
  }
}

function needOf(edge: PlanGraphEdge, node: number): PageNeed {
  if (edge.type === "gate") return { node };
  return {
    node,
    ...(edge.type === "input" && { path: edge.path }),
    ...(edge.output !== undefined && { output: edge.output }),
    ...(edge.type === "input" && edge.isWritable && ({ isWritable: true } as const)),
    ...(edge.views !== undefined && ({ isPart: true } as const)),
    ...(edge.type === "image" && ({ isImage: true } as const)),
  };
}
