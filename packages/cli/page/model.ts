/**
 * What a page knows: its data, and what follows from it. Nothing here is drawn.
 *
 * @module
 */
import type { PageData, PageNeed, PageNode, PageStage, PageState } from "../src/page/page-data.ts";

/** A connection of two nodes, however many needs there are between them. */
export interface Link {
  readonly from: number;
  readonly to: number;
  /** Whether nothing of what is needed is seen: it only has to come before. */
  readonly isGate: boolean;
}

/** What a page knows. */
export class Model {
  readonly data: PageData;
  readonly nodes: readonly PageNode[];
  /** Positions of the stages among the nodes. */
  readonly stages: readonly number[];
  readonly links: readonly Link[];
  /** By node: what it needs, and what needs it; each once. */
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  readonly critical: ReadonlySet<number>;
  /** By node on the critical path: the next one, also where that was reused. */
  readonly wayOn: ReadonlyMap<number, number>;
  readonly counts: ReadonlyMap<PageState, number>;

  constructor(data: PageData) {
    this.data = data;
    this.nodes = data.nodes;
    this.stages = data.nodes.flatMap(({ stage }, at) => (stage === undefined ? [] : [at]));
    this.critical = new Set(data.criticalPath);
    const { criticalWay } = data;
    this.wayOn = new Map(criticalWay.slice(1).map((to, at) => [criticalWay[at] ?? 0, to]));
    const links: Link[] = [];
    const before = data.nodes.map((): number[] => []);
    const after = data.nodes.map((): number[] => []);
    for (const [to, { needs = [] }] of data.nodes.entries()) {
      const seen = new Map<number, boolean>();
      for (const need of needs) {
        seen.set(need.node, (seen.get(need.node) ?? true) && isGate(need));
      }
      for (const [from, gate] of seen) {
        links.push({ from, to, isGate: gate });
        before[to]?.push(from);
        after[from]?.push(to);
      }
    }
    this.links = links;
    this.before = before;
    this.after = after;
    const counts = new Map<PageState, number>();
    for (const at of this.stages) {
      const { state } = this.stage(at) as PageStage;
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    this.counts = counts;
  }

  label(at: number): string {
    return this.nodes[at]?.label ?? "";
  }

  stage(at: number): PageStage | undefined {
    return this.nodes[at]?.stage;
  }

  /** How long its command took, or is expected to; 0 when that is not known. */
  durationMs(at: number): number {
    const stage = this.stage(at);
    const { run, durationMs, expectedMs = 0 } = stage ?? {};
    return run === undefined ? (durationMs ?? expectedMs) : run.to - run.from;
  }

  /** How many stages are in one of some states. */
  count(...states: readonly PageState[]): number {
    return states.reduce((sum, state) => sum + (this.counts.get(state) ?? 0), 0);
  }
}

/** Whether a need is for order only. */
export function isGate({ path, isImage }: PageNeed): boolean {
  return path === undefined && isImage !== true;
}
