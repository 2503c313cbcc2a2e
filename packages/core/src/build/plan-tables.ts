/**
 * The nodes and edges of a plan's graph, as tables: all that there is to say about it, under readable keys.
 *
 * Pure and synchronous, and does not know graphology.
 *
 * @module
 */
import { nameOf } from "../artifact/artifact.ts";
import {
  state,
  type Artifact,
  type Gate,
  type Handle,
  type MergeOrigin,
  type SourceOrigin,
  type TextOrigin,
  type View,
} from "../artifact/handle.ts";
import { mergesBelow, wholeOf, type RootOrigin } from "../artifact/merges.ts";
import { outputsOf } from "../graph/attempt.ts";
import { asCall, needsOf, needsOfGates, type Needs } from "../graph/closure.ts";
import { toolsOf, type Mount } from "../graph/command.ts";
import { makePlan, type Plan, type PlanNode } from "../graph/plan.ts";
import type { StageCall } from "../graph/stage.ts";
import { imageArtifact } from "../graph/where.ts";
import { Names } from "./names.ts";
import type { PlanGraphEdge, PlanGraphNode } from "./plan-attributes.ts";

/** Attributes while the longest way from a source is not known yet. */
export type Draft<T> = T extends unknown ? { -readonly [K in keyof T]: T[K] } : never;

/** An edge with its key and its ends. */
export interface PlanEdge {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly edge: PlanGraphEdge;
}

/** A plan to which dynamic stages may have added. */
export interface GrownPlan {
  readonly plan: Plan;
  /** Its nodes, each after what it waits for. */
  readonly inOrder: readonly PlanNode[];
  readonly labelOf: (call: StageCall) => string;
  /** What a dynamic stage has described, if it has. */
  readonly handleOf: (node: PlanNode) => Handle | undefined;
}

/** Nodes by key, and edges, in their order: each node after what it needs. */
export class PlanTables {
  readonly nodes: Map<string, Draft<PlanGraphNode>> = new Map();
  readonly edges: PlanEdge[] = [];
  readonly #nodeKeys = new Names();
  readonly #sourceLabels = new Names();
  readonly #edgeKeys = new Names();
  readonly #calls = new Map<StageCall, string>();
  /** By location and filter. */
  readonly #sources = new Map<string, string>();
  readonly #texts = new Map<TextOrigin, string>();
  readonly #merges = new Map<MergeOrigin, string>();
  readonly #mergeNames = new Map<MergeOrigin, string>();

  readonly #grown: GrownPlan | undefined;

  /** @param grown - The plan of the targets, if dynamic stages may have added to it. */
  constructor(targets: readonly Handle[], grown?: GrownPlan) {
    this.#grown = grown;
    const plan = grown?.plan ?? makePlan(targets);
    for (const node of grown?.inOrder ?? plan.nodes) this.#addCall(node);
    // Those that no call needs: targets, and what targets wait for.
    for (const origin of plan.sources) this.#sourceKey(origin, 0);
    for (const key of this.#asked(targets)) {
      const node = this.nodes.get(key);
      if (node !== undefined) node.isTarget = true;
    }
  }

  #addCall(node: PlanNode): void {
    const { call, pathLength } = node;
    const { argv, cwd, where } = call.command;
    const outputs = outputsOf(call.command);
    const inputs = call.command.mounts.map((mount) => ({ mount, base: baseOf(mount.artifact) }));
    const artifact = imageArtifact(call.command);
    const image = artifact && baseOf(artifact);
    const gates = [...inputs.flatMap(({ base }) => base.gates), ...(image?.gates ?? [])];
    const needed = inputs.map(({ base }) => this.#keyOf(base, pathLength));
    const imageKey = image && this.#keyOf(image, pathLength);
    // A dynamic stage waits for what it has described.
    const described = this.#grown?.handleOf(node);
    const awaited = new Set([
      ...this.#awaited([...call.gates, ...gates], pathLength),
      ...this.#keysOf(needsOf(described === undefined ? [] : [described]), pathLength),
    ]);
    const tools = toolsOf(call.command).map(({ name }) => name);

    const key = this.#nodeKeys.take(this.#grown?.labelOf(call) ?? call.name);
    this.#calls.set(call, key);
    const facts = {
      type: "stage",
      name: call.name,
      label: key,
      argv,
      cwd,
      outputs,
      tools,
      ...(typeof where?.image === "string" && { image: where.image }),
    } as const;
    this.nodes.set(key, { ...facts, pathLength, isTarget: false });
    for (const [at, { mount, base }] of inputs.entries()) {
      const from = needed[at] ?? "";
      this.#addEdge(`${from} -> ${key} at ${mount.path || "."}`, from, key, inputEdge(mount, base));
    }
    if (image !== undefined && imageKey !== undefined) {
      this.#addEdge(`${imageKey} -> ${key} as image`, imageKey, key, imageEdge(image));
    }
    for (const from of awaited) this.#addEdge(`${from} -> ${key}`, from, key, { type: "gate" });
  }

  #addEdge(key: string, from: string, to: string, edge: PlanGraphEdge): void {
    this.edges.push({ key: this.#edgeKeys.take(key), from, to, edge });
  }

  /** Nodes that gates wait for. A text is there from the start, and no gate. */
  #awaited(gates: readonly Gate[], pathLength: number): ReadonlySet<string> {
    return this.#keysOf(needsOfGates(gates), pathLength);
  }

  #keysOf({ calls, sources }: Needs, pathLength: number): ReadonlySet<string> {
    const keys = new Set([...calls].map((call) => this.#calls.get(call) ?? ""));
    for (const origin of sources) keys.add(this.#sourceKey(origin, pathLength));
    return keys;
  }

  /** Nodes that targets ask for. */
  *#asked(targets: readonly Handle[]): Generator<string> {
    const groups = new Set<Handle>();
    const pending: Handle[] = [...targets].toReversed();
    for (let handle = pending.pop(); handle !== undefined; handle = pending.pop()) {
      const inside = handle[state];
      if (inside.type === "artifact") yield this.#keyOf(baseOf(handle as Artifact), 0);
      else if (inside.type !== "group") yield this.#calls.get(asCall(inside.producer)) ?? "";
      else if (!groups.has(handle)) {
        groups.add(handle);
        const members: readonly Handle[] = Object.values(inside.members as Record<string, Handle>);
        for (const member of members.toReversed()) pending.push(member);
      }
    }
  }

  /** The node that an artifact comes from, made if it is new and no stage call. */
  #keyOf(base: Base, pathLength: number): string {
    if (base.merges.length > 0) this.#nameMerge(base.artifact);
    for (const merge of base.merges) {
      for (const { artifact } of merge.parts) this.#nameMerge(artifact);
    }
    for (const merge of base.merges) this.#addMerge(merge, pathLength);
    const { origin, name } = base;
    switch (origin.type) {
      case "merge":
        return this.#merges.get(origin) ?? "";
      case "output":
        return this.#calls.get(asCall(origin.producer)) ?? "";
      case "source":
        return this.#sourceKey(origin, pathLength);
      case "text":
        return this.#textKey(origin, name, pathLength);
    }
  }

  /** The origin of a merge does not know the name; the handle that somebody has of it does. */
  #nameMerge(artifact: Artifact): void {
    const whole = wholeOf(artifact);
    const { origin } = whole[state];
    if (origin.type === "merge") this.#mergeNames.set(origin, nameOf(whole));
  }

  /** Those below have been added before. */
  #addMerge(merge: MergeOrigin, pathLength: number): void {
    const parts = merge.parts.map(({ path, artifact }) => {
      const base = { ...baseOf(artifact), merges: [] };
      return { path, base, from: this.#keyOf(base, pathLength) };
    });
    const gates = [...merge.gates, ...parts.flatMap(({ base }) => base.gates)];
    const awaited = this.#awaited(gates, pathLength);
    const known = this.#merges.get(merge);
    if (known !== undefined) return void this.#lengthen(known, pathLength);
    const name = this.#mergeNames.get(merge) ?? "merged";
    const key = this.#nodeKeys.take(`merge:${name}`);
    this.#merges.set(merge, key);
    const facts = { type: "merge", name, label: key.slice("merge:".length) } as const;
    const { onConflict } = merge;
    this.nodes.set(key, { ...facts, onConflict, pathLength, isTarget: false });
    for (const { path, base, from } of parts) {
      const edge = inputEdge({ path, isWritable: false }, base);
      this.#addEdge(`${from} -> ${key} at ${path || "."}`, from, key, edge);
    }
    for (const from of awaited) this.#addEdge(`${from} -> ${key}`, from, key, { type: "gate" });
  }

  #sourceKey(origin: SourceOrigin, pathLength: number): string {
    const { location, filter, fetch } = origin;
    const { include, exclude, gitignore } = filter;
    const question = JSON.stringify([location, include, exclude, gitignore, fetch]);
    const known = this.#sources.get(question);
    if (known !== undefined) return this.#lengthen(known, pathLength);
    const key = this.#nodeKeys.take(`source:${sourceText(origin)}`);
    this.#sources.set(question, key);
    // Of an address, the end says least: `…/serde/1.0.229/download`.
    const label = this.#sourceLabels.take(fetch?.name ?? key.slice("source:".length));
    const what = { type: "source", name: location, label, location, filter } as const;
    const facts = fetch?.sha256 === undefined ? what : { ...what, sha256: fetch.sha256 };
    this.nodes.set(key, { ...facts, pathLength, isTarget: false });
    return key;
  }

  #textKey(origin: TextOrigin, name: string, pathLength: number): string {
    const known = this.#texts.get(origin);
    if (known !== undefined) return this.#lengthen(known, pathLength);
    const key = this.#nodeKeys.take(`text:${name}`);
    this.#texts.set(origin, key);
    const sizeBytes = Buffer.byteLength(origin.text);
    const { isExecutable } = origin;
    const facts = { type: "text", name, label: key.slice("text:".length) } as const;
    this.nodes.set(key, { ...facts, sizeBytes, isExecutable, pathLength, isTarget: false });
    return key;
  }

  /** No command of its own: the longest way is that of a call that needs it. */
  #lengthen(key: string, pathLength: number): string {
    const node = this.nodes.get(key);
    if (node !== undefined) node.pathLength = Math.max(node.pathLength, pathLength);
    return key;
  }
}

/** An artifact taken apart: where its content comes from, what is kept of it, what it waits for. */
interface Base {
  readonly artifact: Artifact;
  readonly origin: RootOrigin;
  /** The merges that it is made of, those below first. */
  readonly merges: readonly MergeOrigin[];
  readonly name: string;
  readonly views: readonly View[];
  readonly gates: readonly Gate[];
}

function baseOf(artifact: Artifact): Base {
  const name = nameOf(artifact);
  const views: View[] = [];
  const gates: Gate[] = [];
  for (let { origin } = artifact[state]; ; { origin } = origin.base[state]) {
    if (origin.type === "view") views.push(origin.view);
    else if (origin.type === "gated") gates.push(...origin.gates);
    else if (origin.type === "validated") continue;
    else {
      return {
        artifact,
        origin,
        merges: mergesBelow(artifact),
        name,
        views: views.toReversed(),
        gates,
      };
    }
  }
}

function inputEdge(
  { path, isWritable }: Pick<Mount, "isWritable" | "path">,
  { origin, views }: Base,
): PlanGraphEdge {
  return {
    type: "input",
    ...(origin.type === "output" && { output: origin.output }),
    path,
    isWritable,
    ...(views.length > 0 && { views }),
  };
}

function imageEdge({ origin, views }: Base): PlanGraphEdge {
  return {
    type: "image",
    ...(origin.type === "output" && { output: origin.output }),
    ...(views.length > 0 && { views }),
  };
}

/** A source in a few words: `src`, `main.c`, `src/{*.c,*.h} without gen`. */
function sourceText({ location, filter: { include, exclude = [] } }: SourceOrigin): string {
  const globs = include?.length === 1 ? include.join("") : `{${include?.join(",") ?? ""}}`;
  const below = location === "." ? globs : `${location}/${globs}`;
  const kept = include === undefined ? location : below;
  return exclude.length === 0 ? kept : `${kept} without ${exclude.join(", ")}`;
}
