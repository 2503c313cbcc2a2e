/**
 * Pages: a plan and the last build of it as one file of HTML that shows the graph, a timeline, and of each stage
 * its command, inputs, outputs, log, and why it would run.
 *
 *     plan ──┐
 *     build ─┼──▶ PageData ──▶ template ──▶ page.html
 *     logs ──┘
 *
 * A page needs nothing but a browser: no network, and no other file.
 *
 * @module
 */
import type { BuildPlan, Store } from "@ashlar/core";

import type { LastBuild, LastStage } from "../last-build.ts";
import { rowsOf } from "../trace.ts";
import { criticalWay } from "./critical-way.ts";
import type { PageBuild, PageData, PageNode } from "./page-data.ts";
import { PageLogs } from "./page-logs.ts";
import { nodesOf, type PageNodes, type StageOrigin } from "./page-nodes.ts";
import { fillTemplate, readTemplate } from "./template.ts";

/** What a page is made from. */
export interface GraphPageOptions {
  /** Its headline: what is built. */
  readonly title: string;
  /** The store that the plan was made with: logs are read from it. */
  readonly store: Pick<Store, "actions" | "content">;
  /** What was built last, from {@link lastBuildOf}. Without it the page shows the plan alone. */
  readonly build?: LastBuild | undefined;
  /** When it is written, in milliseconds since 1970. @defaultValue now */
  readonly madeAt?: number;
}

/**
 * Writes a page of a plan. It holds commands, paths and the ends of logs, and is about 1 MB with 1,000 stages.
 *
 * @example
 * ```ts
 * const coming = await plan(targets, { runner, store });
 * await writeFile("graph.html", await graphPage(coming, { title: "my build", store }));
 * ```
 */
export async function graphPage(plan: BuildPlan, options: GraphPageOptions): Promise<string> {
  return fillTemplate(readTemplate(), await pageData(plan, options));
}

/** Gathers what a page shows. */
export async function pageData(plan: BuildPlan, options: GraphPageOptions): Promise<PageData> {
  const { title, store, madeAt = Date.now() } = options;
  const build = options.build && withCommandTimes(options.build);
  const spans = rowsOf(build?.stages ?? []);
  const gathered = nodesOf({
    plan,
    graph: await plan.graph(),
    whys: await plan.whyEach(),
    build: build?.stages ?? [],
    startedAt: build?.startedAt ?? 0,
    rows: new Map(spans.map(({ stage, row }) => [stage.id, row])),
  });
  const rows = spans.reduce((most, { row }) => Math.max(most, row), 0);
  const isPart = spans.some(({ stage }) => !gathered.byBuildId.has(stage.id));
  const nodes = await withLogs(gathered, store);
  return {
    ...{ version: 1, title, madeAt },
    ...(build && { build: { ...buildOf(build, rows), ...(isPart && { isPart }) } }),
    nodes,
    ...criticalOf(plan, build, gathered),
  };
}

/**
 * A build whose stages end when their commands did. What they left is taken into the store meanwhile and afterwards,
 * and that holds no slot.
 */
function withCommandTimes(build: LastBuild): LastBuild {
  const stages = build.stages.map((stage) => {
    const { startedAt, settledAt, durationMs } = stage;
    if (startedAt === undefined || settledAt === undefined || durationMs === 0) return stage;
    return { ...stage, settledAt: Math.min(settledAt, startedAt + durationMs) };
  });
  return { ...build, stages };
}

function buildOf(
  { outcome, startedAt, durationMs, slots = 0 }: LastBuild,
  rows: number,
): PageBuild {
  return {
    outcome: outcome ?? "unfinished",
    ...{ startedAt, durationMs },
    slots: Math.max(slots, rows),
  };
}

/** By what ran in the build; where nothing did, by what the plan expects. */
function criticalOf(
  plan: BuildPlan,
  build: LastBuild | undefined,
  { nodes, byBuildId }: PageNodes,
): Pick<PageData, "criticalMs" | "criticalPath" | "criticalWay"> {
  const way = criticalWay(build?.stages ?? []);
  if (way.ran.length > 0) {
    const placesOf = (ids: readonly number[]): readonly number[] =>
      ids.flatMap((id) => byBuildId.get(id) ?? []);
    return {
      criticalPath: placesOf(way.ran),
      criticalWay: placesOf(way.ids),
      criticalMs: way.ms,
    };
  }
  // Nothing is known of how long anything takes.
  if (plan.longestMs === 0) return { criticalPath: [], criticalWay: [], criticalMs: 0 };
  const byLabel = new Map(nodes.map(({ label, kind }, at) => [kind === "stage" ? label : "", at]));
  const criticalPath = plan.criticalPath.flatMap((label) => byLabel.get(label) ?? []);
  return { criticalPath, criticalWay: criticalPath, criticalMs: plan.longestMs };
}

/** Those first that somebody will want to read: what failed, then what ran. */
const urgency = ["failed", "cancelled", "ran"] as const;

async function withLogs(
  { nodes, origins }: PageNodes,
  { actions, content }: Pick<Store, "actions" | "content">,
): Promise<readonly PageNode[]> {
  const logs = new PageLogs(content);
  const whole = [...nodes];
  const rank = (at: number): number => {
    const found = urgency.findIndex((state) => state === nodes[at]?.stage?.state);
    return found === -1 ? urgency.length : found;
  };
  const positions = [...origins.keys()].toSorted((a, b) => rank(a) - rank(b) || a - b);
  for (const at of positions) {
    const digests = await logOf(origins.get(at) ?? {}, actions);
    const log = digests && (await logs.read([digests.stdout, digests.stderr]));
    const node = nodes[at];
    if (log !== undefined && node?.stage !== undefined) {
      whole[at] = { ...node, stage: { ...node.stage, log } };
    }
  }
  return whole;
}

/** Of what is reused, the log of the result; otherwise that of the last run. */
async function logOf(
  { forecast, built }: StageOrigin,
  actions: Store["actions"],
): Promise<Pick<LastStage, "stderr" | "stdout"> | undefined> {
  if (built?.stdout !== undefined || built?.stderr !== undefined) return built;
  if (forecast?.status !== "hit" || forecast.key === undefined) return undefined;
  return await actions.get(forecast.key);
}
