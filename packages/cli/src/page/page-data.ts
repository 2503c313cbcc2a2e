/**
 * What a page is told: all that it shows, as data, before anything of it is drawn.
 *
 *     plan, last build, logs ──▶ PageData ──JSON──▶ the page draws it
 *
 * Only types. Who writes a page and the page itself both read this file. Nodes are known by their position,
 * what does not apply is absent, and times are in milliseconds.
 *
 * @module
 */

/** All that a page shows. */
export interface PageData {
  readonly version: 1;
  /** What it is a picture of: the name of a build file. */
  readonly title: string;
  /** When it was written, in milliseconds since 1970. */
  readonly madeAt: number;
  /** The build that it shows. Absent when there was none yet: then it is the plan alone. */
  readonly build?: PageBuild;
  /** Stage calls, sources, texts and merges; each after what it needs. */
  readonly nodes: readonly PageNode[];
  /** Stages on the way that took longest, or that is expected to, first one first; hits are left out. */
  readonly criticalPath: readonly number[];
  /** The same with the hits between them. */
  readonly criticalWay: readonly number[];
  /** What they take together. */
  readonly criticalMs: number;
}

/** A build. */
export interface PageBuild {
  readonly outcome: "succeeded" | "failed" | "cancelled" | "unfinished";
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** How many commands could have run at once; at least as many as did. */
  readonly slots: number;
  /** Whether commands ran in it that are not on the page: they belong to other targets. */
  readonly isPart?: true;
}

/** What has become of a stage call in the build; of one that had no part in it, what the plan says. */
export type PageState =
  | "ran"
  | "reused"
  | "expanded"
  | "failed"
  | "skipped"
  | "cancelled"
  /** Its result would be reused. */
  | "hit"
  /** Its command would run. */
  | "run"
  /** That depends on what others give. */
  | "unknown";

/** A node. */
export interface PageNode {
  readonly kind: "stage" | "source" | "text" | "merge";
  /** As plans call it: `compile`, `compile#2`. */
  readonly label: string;
  readonly isTarget?: true;
  readonly needs?: readonly PageNeed[];
  /** Of a stage: all there is to say. */
  readonly stage?: PageStage;
  /** Of a source that is fetched: the digest that it is pinned by. */
  readonly sha256?: string;
  /** Of a text, in UTF-8. */
  readonly sizeBytes?: number;
}

/** What a node needs. */
export interface PageNeed {
  readonly node: number;
  /** Where it lies in the input root; empty for the top. Absent for a gate, and for an image. */
  readonly path?: string;
  /** Name of the output among those of its stage call. */
  readonly output?: string;
  readonly isWritable?: true;
  /** Whether only a part of the tree is laid. */
  readonly isPart?: true;
  /** Whether the command runs in it. */
  readonly isImage?: true;
}

/** A stage call. */
export interface PageStage {
  readonly state: PageState;
  /** Absent for what only the build knows: a dynamic stage has described it. */
  readonly argv?: readonly string[];
  readonly cwd?: string;
  readonly tools?: readonly string[];
  readonly image?: string;
  readonly outputs?: readonly PageOutput[];
  readonly key?: string;
  /** When its command ran in the build, from its start. */
  readonly run?: PageRun;
  /** How long its command took, now or when the reused result was made. */
  readonly durationMs?: number;
  /** When it was known that it is reused, from the start of the build. */
  readonly reusedAt?: number;
  /** How long it is expected to take. */
  readonly expectedMs?: number;
  readonly why?: PageWhy;
  readonly log?: PageLog;
}

/** A command on the timeline. */
export interface PageRun {
  readonly from: number;
  readonly to: number;
  /** Slot that it ran in, from 1. */
  readonly row: number;
}

/** What a command leaves behind. */
export interface PageOutput {
  readonly name: string;
  readonly kind: "file" | "tree";
  readonly path: string;
}

/** Why it would run or be reused: as `ashlar why` says it, cut up so that each stage is said once. */
export interface PageWhy {
  readonly text: string;
  /** Whether the change began here. */
  readonly isOrigin?: true;
  /** Whose texts follow, unless this one is asked about and would be reused. */
  readonly causes?: readonly number[];
  readonly isHit?: true;
}

/** What a command printed. */
export interface PageLog {
  readonly text: string;
  /** Bytes of the beginning that are left out. */
  readonly leftOut?: number;
}
