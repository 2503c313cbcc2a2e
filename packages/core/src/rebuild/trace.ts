/**
 * The verifying trace: what the last build of the same targets read and made, node by node.
 *
 * A node whose description, tools and inputs are those of the last time needs no key: its result is the
 * recorded one. Nothing is hashed, encoded or looked up, which is what makes a build in which nothing
 * has changed cheap. Comparing whole descriptions, not hashes of them, leaves nothing to chance.
 *
 * It is only an accelerator: where it has nothing to say, keys decide; losing it loses time.
 *
 * @module
 */
import { state, type Artifact, type SourceOrigin } from "../artifact/handle.ts";
import type { Packer, Unpacker } from "../base/packing.ts";
import type { Digest } from "../digest/digest.ts";
import type { ActionKey } from "../graph/action.ts";
import { asCall } from "../graph/closure.ts";
import type { CommandSpec } from "../graph/command.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import { unkeyedLines } from "../graph/unkeyed.ts";
import type { Value } from "../runner/runner.ts";
import type { Produced, RunRecord } from "./rebuilder.ts";

/** What is remembered of a node. */
interface Recorded {
  readonly description: string;
  readonly identities: string;
  readonly outputs: string;
  readonly key: string;
  readonly run: RunRecord;
}

/** What a trace asks about sources: what is in them as it was when the trace was recorded. */
export interface SourceChanges {
  /** True when the whole source is as it was. */
  isUnchanged(origin: SourceOrigin): boolean;
  /** True when the path led to a file then, without any link, and leads to the same content now. */
  isFileUnchanged(origin: SourceOrigin, path: string): boolean;
  /** Text that tells sources apart. */
  questionOf(origin: SourceOrigin): string;
}

/** A recorded result, with its key. */
export interface Traced extends Produced {
  readonly key: ActionKey;
}

/** Compares one build with the last. */
export class Trace {
  readonly #plan: Plan;
  readonly #sources: SourceChanges;
  /** What the tools of a command are, as far as it is known already. */
  readonly #identitiesOf: (command: CommandSpec) => string | undefined;
  readonly #recorded: readonly (Recorded | undefined)[];
  readonly #descriptions: string[] = [];
  /** Nodes whose outputs are those on record. */
  readonly #isAsRecorded: boolean[] = [];
  /** Nodes that were settled in another way than by the trace. */
  #fresh = 0;
  readonly #results = new Map<NodeId, Recorded>();
  /** Nodes of which a blob was lost. */
  readonly #lost = new Set<NodeId>();

  constructor(parts: {
    readonly plan: Plan;
    readonly sources: SourceChanges;
    readonly identitiesOf: (command: CommandSpec) => string | undefined;
    readonly recorded: Unpacker | undefined;
  }) {
    this.#plan = parts.plan;
    this.#sources = parts.sources;
    this.#identitiesOf = parts.identitiesOf;
    this.#recorded = parts.recorded === undefined ? [] : unpackAll(parts.recorded);
  }

  /** True when the build added nothing to the record. */
  get isUnchanged(): boolean {
    return this.#fresh === 0 && this.#recorded.length === this.#plan.nodes.length;
  }

  /** The recorded result of a node whose inputs have all been made, if it still holds. */
  find(node: PlanNode): Traced | undefined {
    if (this.#lost.has(node.id)) return undefined;
    const recorded = this.#recorded[node.id];
    if (recorded?.description !== this.#describe(node)) return undefined;
    if (recorded.identities !== this.#identitiesOf(node.call.command)) return undefined;
    for (const { artifact } of node.call.command.mounts) {
      if (!this.#isUnchanged(artifact)) return undefined;
    }
    this.#isAsRecorded[node.id] = true;
    this.#results.set(node.id, recorded);
    return new TracedResult(recorded);
  }

  /** Notes a result that came about in another way. */
  note(node: PlanNode, key: ActionKey, { values, result }: Produced): void {
    const outputs = packValues(values);
    const identities = this.#identitiesOf(node.call.command);
    this.#fresh++;
    this.#isAsRecorded[node.id] = this.#recorded[node.id]?.outputs === outputs;
    if (identities === undefined) return;
    const description = this.#describe(node);
    this.#results.set(node.id, { description, identities, outputs, key, run: result });
  }

  /** Notes what a dynamic stage came to. It is expanded in every build, and that alone is no news. */
  noteExpanded(node: PlanNode, { values, result: run }: Produced): void {
    const outputs = packValues(values);
    const recorded = this.#recorded[node.id];
    const isSame = recorded?.key === "" && recorded.outputs === outputs;
    if (!isSame) this.#fresh++;
    this.#isAsRecorded[node.id] = isSame;
    const fresh = { description: "", identities: "", outputs, key: "", run };
    this.#results.set(node.id, isSame ? recorded : fresh);
  }

  /** Forgets a result, of which a blob was lost. What rests on it is not written down in this build. */
  forget(id: NodeId): void {
    this.#fresh++;
    this.#lost.add(id);
    this.#isAsRecorded[id] = false;
    this.#results.delete(id);
  }

  /** Keys of the results of this build. */
  *keys(): Generator<ActionKey, void> {
    for (const { key } of this.#results.values()) if (key !== "") yield key as ActionKey;
  }

  /** Writes down what this build has found out. */
  pack(packer: Packer): void {
    packer.number(this.#plan.nodes.length);
    for (const { id, dependencies } of this.#plan.nodes) {
      // What was lost may have come out otherwise; and what rests on it, been made of either.
      const restsOnLost = dependencies.some((below) => this.#lost.has(below));
      const recorded = restsOnLost ? undefined : this.#results.get(id);
      packer.number(recorded === undefined ? 0 : 1);
      if (recorded === undefined) continue;
      const { description, identities, outputs, key, run } = recorded;
      packer.string(description).string(identities).string(outputs).string(key);
      packer.string(run.stdout).string(run.stderr).string(run.worker);
      packer.number(run.startedAt).number(run.finishedAt);
    }
  }

  #describe(node: PlanNode): string {
    return (this.#descriptions[node.id] ??= describeNode(node, this.#plan, this.#sources));
  }

  /** True when an input has the content that it had for the recorded result. */
  #isUnchanged(artifact: Artifact): boolean {
    const { origin } = artifact[state];
    switch (origin.type) {
      case "text":
        return true;
      case "output": {
        const producer = this.#plan.nodeByCall.get(asCall(origin.producer));
        return producer !== undefined && this.#isAsRecorded[producer.id] === true;
      }
      case "source":
        return this.#sources.isUnchanged(origin);
      case "gated":
      case "validated":
        return this.#isUnchanged(origin.base);
      case "view": {
        const base = origin.base[state].origin;
        if (base.type !== "source" || origin.view.type !== "file") {
          return this.#isUnchanged(origin.base);
        }
        return this.#sources.isFileUnchanged(base, origin.view.path);
      }
    }
  }
}

/** A recorded result. Its values are read only if somebody asks. */
class TracedResult implements Traced {
  readonly #recorded: Recorded;
  #values: ReadonlyMap<string, Value> | undefined;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
  }

  get key(): ActionKey {
    return this.#recorded.key as ActionKey;
  }

  get result(): RunRecord {
    return this.#recorded.run;
  }

  get values(): ReadonlyMap<string, Value> {
    return (this.#values ??= unpackValues(this.#recorded.outputs));
  }
}

/** All that a node's key depends on but contents and tools, unambiguously: each part says how long it is. */
function describeNode({ call }: PlanNode, plan: Plan, sources: SourceChanges): string {
  const { argv, env, cwd, mounts, outputs, tools, stablePath, isAttempt } = call.command;
  let text = `${stablePath ? "!" : "-"}${isAttempt ? "a" : ""}${tools === undefined ? "s" : "d"}${argv.length} `;
  for (const word of argv) text += framed(word);
  text += framed(cwd);
  for (const name in env) text += `e${framed(name)}${framed(env[name] ?? "")}`;
  for (const line of unkeyedLines(call.command)) text += `u${framed(line)}`;
  for (const { name, kind, path, isOptional } of outputs) {
    text += `o${framed(name)}${kind}${isOptional ? "?" : "!"}${framed(path)}`;
  }
  for (const { path, artifact } of mounts) {
    text += `m${framed(path)}${framed(describeArtifact(artifact, plan, sources))}`;
  }
  return text;
}

function framed(part: string): string {
  return `${part.length}:${part}`;
}

function describeArtifact(artifact: Artifact, plan: Plan, sources: SourceChanges): string {
  const { origin } = artifact[state];
  switch (origin.type) {
    case "source":
      return `s${sources.questionOf(origin)}`;
    case "text":
      return `t${origin.isExecutable ? "x" : "-"}${origin.text.length}:${origin.text}`;
    case "output":
      return `o${plan.nodeByCall.get(asCall(origin.producer))?.id ?? -1} ${origin.output}`;
    case "gated":
    case "validated":
      return describeArtifact(origin.base, plan, sources);
    case "view": {
      const { view } = origin;
      const what = "path" in view ? [view.path] : view.globs;
      const base = describeArtifact(origin.base, plan, sources);
      return `v${view.type} ${what.length} ${what.map(framed).join("")}${base}`;
    }
  }
}

function packValues(values: ReadonlyMap<string, Value>): string {
  let text = "";
  for (const [name, value] of values) {
    const kind = value.kind === "tree" ? "t" : value.isExecutable ? "x" : "f";
    text += `${kind}${value.digest}\0${name}\0`;
  }
  return text;
}

function unpackValues(text: string): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>();
  const parts = text.split("\0");
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [packed = "", name = ""] = [parts[at], parts[at + 1]];
    const digest = packed.slice(1) as Digest;
    if (packed.startsWith("t")) values.set(name, { kind: "tree", digest });
    else values.set(name, { kind: "file", digest, isExecutable: packed.startsWith("x") });
  }
  return values;
}

function unpackAll(packed: Unpacker): (Recorded | undefined)[] {
  const count = packed.number();
  const all: (Recorded | undefined)[] = [];
  for (let at = 0; at < count; at++) {
    if (packed.number() === 0) {
      all.push(undefined);
      continue;
    }
    const [description, identities, outputs, key] = [
      ...[packed.string(), packed.string(), packed.string(), packed.string()],
    ] as [string, string, string, string];
    const stdout = packed.string() as Digest;
    const stderr = packed.string() as Digest;
    const run = {
      ...{ stdout, stderr, worker: packed.string() },
      ...{ startedAt: packed.number(), finishedAt: packed.number() },
    };
    all.push({ description, identities, outputs, key, run });
  }
  return all;
}
