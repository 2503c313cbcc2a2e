/**
 * What the nodes and edges of a plan's graph say about themselves.
 *
 *     source ──input──▶ stage ──input──▶ stage ◀╌╌gate╌╌ stage
 *     text ────input──▶ merge ──input─────▲
 *
 * Plain data: every attribute survives JSON, and one that does not apply is absent. Nothing here depends
 * on where the script lies, so equal pipelines have equal graphs.
 *
 * @module
 */
import type { AbstractGraph } from "graphology-types";

import type { OnConflict, SourceFilter, View } from "../artifact/handle.ts";
import type { PlanStatus } from "../explain/evidence.ts";
import type { OutputSpec } from "../graph/out.ts";

/**
 * What a build of some targets would involve, as a `graphology` graph. Nodes stand in an order in which
 * they could be made; edges lead from what is needed to what needs it, several between two nodes where
 * there are several needs. A `MultiDirectedGraph`, by the type that copies of it have as well.
 */
export type PlanGraph = AbstractGraph<PlanGraphNode, PlanGraphEdge>;

/** Attributes of a node; `type` tells which. */
export type PlanGraphNode = PlanGraphStage | PlanGraphSource | PlanGraphText | PlanGraphMerge;

/** Attributes of an edge; `type` tells which. */
export type PlanGraphEdge = PlanGraphInput | PlanGraphImage | PlanGraphGate;

interface AnyNode {
  /** Name for people; several nodes may have it. */
  readonly name: string;
  /** Text for pictures, unique among the nodes of a type. */
  readonly label: string;
  /** Commands on the longest way from here to the end of the build, its own included. */
  readonly pathLength: number;
  /** Whether it was asked for, by itself or in a group. */
  readonly isTarget: boolean;
}

/** A stage call. Its key is the name of the stage, with `#2` and so on from the second call. */
export interface PlanGraphStage extends AnyNode {
  readonly type: "stage";
  readonly argv: readonly string[];
  /** Working directory: a path in the input root, empty for the root itself. */
  readonly cwd: string;
  /** What it makes, in the order of declaration. */
  readonly outputs: readonly OutputSpec[];
  /** Names of the programs that it may find on its `PATH`, besides the system's. */
  readonly tools: readonly string[];
  /** Name of the container image that it wants. Absent when it wants none, or an artifact. */
  readonly image?: string;
  /** In the graph of a `BuildPlan`: what a build would do with it. */
  readonly status?: PlanStatus;
  /** Likewise: why, in one clause; empty for a hit. */
  readonly reason?: string;
  /** Likewise: how long its last run took, in milliseconds, if that is known; 0 for a hit. */
  readonly expectedMs?: number;
}

/**
 * A directory on the user's disk; equal sources are one node. Its key is `source:`, the location, and the
 * globs of its filter if it has any.
 */
export interface PlanGraphSource extends AnyNode {
  readonly type: "source";
  /** As the script has it: absolute, relative to the root directory of the build, or a URL. */
  readonly location: string;
  readonly filter: SourceFilter;
  /** Of a file that is fetched: the digest that it is pinned by, in hexadecimal. */
  readonly sha256?: string;
}

/** A file whose content the script holds. Its key is `text:` and its name. */
export interface PlanGraphText extends AnyNode {
  readonly type: "text";
  /** Size of the content in UTF-8. The content itself is not in the graph. */
  readonly sizeBytes: number;
  readonly isExecutable: boolean;
}

/** Several artifacts in one tree, without a command. Its key is `merge:` and its name. */
export interface PlanGraphMerge extends AnyNode {
  readonly type: "merge";
  /** What becomes of different things at one place. */
  readonly onConflict: OnConflict;
}

/** Content that is laid in the input root of a command, or in a merged tree. */
export interface PlanGraphInput {
  readonly type: "input";
  /** Name of the output among those of its stage call. Absent for what no call makes. */
  readonly output?: string;
  /** Where it lies in the input root or merged tree; empty for the top. */
  readonly path: string;
  /** Whether the command may change its copy. */
  readonly isWritable: boolean;
  /** What is kept of the tree, first step first. Absent when all of it is. */
  readonly views?: readonly View[];
}

/** Content that a command runs in: a root file system, or an archive of an image. */
export interface PlanGraphImage {
  readonly type: "image";
  /** Name of the output among those of its stage call. Absent for what no call makes. */
  readonly output?: string;
  /** What is kept of the tree, first step first. Absent when all of it is. */
  readonly views?: readonly View[];
}

/** Order only: what is needed must have succeeded, and nothing of it is seen. */
export interface PlanGraphGate {
  readonly type: "gate";
}
