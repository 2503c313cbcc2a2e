/**
 * The verifying trace: what the last build of the same targets read and made, node by node.
 *
 * A node whose description, tools and inputs are those of the last time needs no key: its result is the
 * recorded one. Nothing is hashed, encoded or looked up, which is what makes a build in which nothing
 * has changed cheap. Comparing whole descriptions, not hashes of them, leaves nothing to chance; and what is
 * recorded is decoded only if somebody asks.
 *
 * It is only an accelerator: where it has nothing to say, keys decide; losing it loses time.
 *
 * @module
 */
import { state, type Artifact } from "../artifact/handle.ts";
import { mergesBelow, rootOf } from "../artifact/merges.ts";
import type { Packer, Unpacker } from "../base/packing.ts";
import type { Digest } from "../digest/digest.ts";
import type { ActionKey } from "../graph/action.ts";
import { asCall } from "../graph/closure.ts";
import type { CommandSpec } from "../graph/command.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import { imageArtifact } from "../graph/where.ts";
import { meetsDemand } from "../runner/demands.ts";
import type { Hermeticity, Value } from "../runner/runner.ts";
import { describeCall, type Listener } from "./description.ts";
import type { Produced, RunRecord } from "./rebuilder.ts";
import type { SourceChanges } from "./sources.ts";

/** A recorded result, with its key. */
export interface Traced extends Produced {
  readonly key: ActionKey;
}

/** A result that will be written down. */
interface Kept {
  readonly identities: string;
  /** Empty: of a dynamic stage, which is described anew in every build. */
  readonly key: string;
  readonly produced: Produced;
}

/** Compares one build with the last. */
export class Trace {
  readonly #plan: Plan;
  readonly #sources: SourceChanges;
  /** What the tools of a command are, as far as it is known already. */
  readonly #identitiesOf: (command: CommandSpec) => string | undefined;
  readonly #demandOf: (command: CommandSpec) => Hermeticity | undefined;
  readonly #record: LastBuild | undefined;
  /** By node: whether its outputs are those on record. */
  readonly #isAsRecorded: boolean[] = [];
  /** Nodes that were settled in another way than by the trace. */
  #fresh = 0;
  readonly #results: (RecordedResult | Kept | undefined)[] = [];
  /** Nodes of which a blob was lost. */
  readonly #lost = new Set<NodeId>();

  constructor(parts: {
    readonly plan: Plan;
    readonly sources: SourceChanges;
    readonly identitiesOf: (command: CommandSpec) => string | undefined;
    /** How far the results of a command have to be trusted. */
    readonly demandOf: (command: CommandSpec) => Hermeticity | undefined;
    readonly recorded: Unpacker | undefined;
  }) {
    this.#plan = parts.plan;
    this.#sources = parts.sources;
    this.#identitiesOf = parts.identitiesOf;
    this.#demandOf = parts.demandOf;
    this.#record = parts.recorded && new LastBuild(parts.recorded);
  }

  /** True when the build added nothing to the record. */
  get isUnchanged(): boolean {
    return this.#fresh === 0 && this.#record?.size === this.#plan.nodes.length;
  }

  /** The recorded result of a node whose inputs have all been made, if it still holds. */
  find({ id, call }: PlanNode): Traced | undefined {
    const comparison = this.#record?.compare(id);
    if (comparison === undefined || this.#lost.has(id)) return undefined;
    if (call.command.run.hasSideEffects) return undefined;
    if (!comparison.isNext(this.#identitiesOf(call.command))) return undefined;
    describeCall(call, this.#plan, this.#sources, comparison);
    if (!comparison.isSame) return undefined;
    for (const { artifact } of call.command.mounts) {
      if (!this.#isUnchanged(artifact)) return undefined;
    }
    const image = imageArtifact(call.command);
    if (image !== undefined && !this.#isUnchanged(image)) return undefined;
    const result = this.#record?.find(id);
    const demand = this.#demandOf(call.command);
    if (demand !== undefined && !meetsDemand(result?.result.worker ?? "", demand)) return undefined;
    this.#isAsRecorded[id] = true;
    this.#results[id] = result;
    return result;
  }

  /** Notes a result that came about in another way. */
  note({ id, call }: PlanNode, key: ActionKey, produced: Produced): void {
    const identities = this.#identitiesOf(call.command);
    this.#fresh++;
    this.#isAsRecorded[id] = this.#record?.find(id)?.outputs === packValues(produced.values);
    if (identities !== undefined) this.#results[id] = { identities, key, produced };
  }

  /** Notes what a dynamic stage came to. It is expanded in every build, and that alone is no news. */
  noteExpanded({ id }: PlanNode, produced: Produced): void {
    const recorded = this.#record?.find(id);
    const isSame = recorded?.key === "" && recorded.outputs === packValues(produced.values);
    if (!isSame) this.#fresh++;
    this.#isAsRecorded[id] = isSame;
    this.#results[id] = isSame ? recorded : { identities: "", key: "", produced };
  }

  /** Forgets a result, of which a blob was lost. What rests on it is not written down in this build. */
  forget(id: NodeId): void {
    this.#fresh++;
    this.#lost.add(id);
    this.#isAsRecorded[id] = false;
    this.#results[id] = undefined;
  }

  /** Keys of the results of this build. */
  *keys(): Generator<ActionKey, void> {
    for (const result of this.#results) {
      if (result !== undefined && result.key !== "") yield result.key as ActionKey;
    }
  }

  /** Writes down what this build has found out. Must be the last thing that is written. */
  pack(packer: Packer): void {
    const { nodes } = this.#plan;
    packer.count(nodes.length);
    const table = packer.at;
    for (const _ of nodes) packer.count(nothing);
    const listener: Listener = {
      text: (piece) => packer.string(piece),
      count: (number) => packer.count(number),
    };
    for (let id = 0; id < nodes.length;) {
      const end = this.#record?.copiedBy(packer) === true ? this.#endOfRecorded(id) : id;
      if (end > id) this.#record?.copy(packer, table, id, end);
      else this.#packNode(nodes[id] as PlanNode, packer, table, listener);
      id = Math.max(end, id + 1);
    }
  }

  /** The first node from here on that is not settled as it is on record. */
  #endOfRecorded(from: NodeId): NodeId {
    let id = from;
    while (this.#kept(id) instanceof RecordedResult) id++;
    return id;
  }

  /** What is to be written down of a node, if anything. */
  #kept(id: NodeId): RecordedResult | Kept | undefined {
    // What was lost may have come out otherwise; and what rests on it, been made of either.
    const { dependencies } = this.#plan.nodes[id] ?? {};
    const restsOnLost = this.#lost.size > 0 && dependencies?.some((below) => this.#lost.has(below));
    return restsOnLost === true ? undefined : this.#results[id];
  }

  #packNode({ id, call }: PlanNode, packer: Packer, table: number, listener: Listener): void {
    const kept = this.#kept(id);
    const run = kept && ("produced" in kept ? kept.produced.result : kept.result);
    packer.number(run?.startedAt ?? 0).number(run?.finishedAt ?? 0);
    if (kept === undefined || run === undefined) return;
    packer.replace(table + id, packer.at);
    const outputs = "produced" in kept ? packValues(kept.produced.values) : kept.outputs;
    packer.uncommon(kept.key).uncommon(outputs);
    packer.string(run.stdout).string(run.stderr).string(run.worker);
    packer.string(kept.identities);
    if (kept.key === "") packer.count(isDynamic);
    else describeCall(call, this.#plan, this.#sources, listener);
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
      case "merge": {
        const parts = mergesBelow(artifact).flatMap((merge) => merge.parts);
        const own = parts.filter((part) => rootOf(part.artifact).type !== "merge");
        return own.every((part) => this.#isUnchanged(part.artifact));
      }
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

/** In the place of a node that was not written down. No node is written down at the very start. */
const nothing = 0;

/** In the place of the description of a dynamic stage: no description starts so. */
const isDynamic = 2 ** 32 - 1;

/** Words of a node before its description. */
const headWords = 6;

/** What the last build has written down. */
class LastBuild {
  /** Nodes that it had. */
  readonly size: number;
  readonly #unpacker: Unpacker;
  /** Where it says at which word each node starts. */
  readonly #table: number;
  readonly #numbersAt: number;
  readonly #comparison: Comparison;

  constructor(unpacker: Unpacker) {
    this.size = unpacker.count();
    this.#table = unpacker.at;
    this.#numbersAt = unpacker.numberAt;
    this.#unpacker = unpacker.fork();
    this.#comparison = new Comparison(unpacker.fork());
    unpacker.skip(this.size, 2 * this.size);
  }

  find(id: NodeId): RecordedResult | undefined {
    const at = this.#startOf(id);
    if (at === nothing) return undefined;
    return new RecordedResult(this.#unpacker, at, this.#numbersAt + 2 * id);
  }

  /** Starts to compare a node with what is written down, with its tools first. */
  compare(id: NodeId): Comparison | undefined {
    const at = this.#startOf(id);
    return at === nothing ? undefined : this.#comparison.start(at + headWords - 1);
  }

  /** True when nodes can be written down by copying them. */
  copiedBy(packer: Packer): boolean {
    return packer.copies(this.#unpacker);
  }

  /**
   * Writes down nodes as they stand here, up to another one.
   *
   * @param table - Where the packer says at which word each node starts.
   */
  copy(packer: Packer, table: number, from: NodeId, to: NodeId): void {
    const start = this.#startOf(from);
    const shift = packer.at - start;
    for (let id = from; id < to; id++) packer.replace(table + id, this.#startOf(id) + shift);
    const numbers = [this.#numbersAt + 2 * from, this.#numbersAt + 2 * to] as const;
    packer.copy([start, this.#endOf(to - 1)], numbers);
  }

  /** Where the words of a node end: where the next ones start, for nodes are all that comes last. */
  #endOf(id: NodeId): number {
    for (let next = id + 1; next < this.size; next++) {
      const start = this.#startOf(next);
      if (start !== nothing) return start;
    }
    return this.#unpacker.packed.words.length;
  }

  #startOf(id: NodeId): number {
    return id < this.size ? this.#unpacker.seek(this.#table + id).count() : nothing;
  }
}

/** Compares what it is told with what was written down. */
class Comparison implements Listener {
  readonly #unpacker: Unpacker;
  #isSame = true;

  constructor(unpacker: Unpacker) {
    this.#unpacker = unpacker;
  }

  /** Whether all was equal so far. No description begins with another one: at its end, this is the answer. */
  get isSame(): boolean {
    return this.#isSame;
  }

  start(at: number): this {
    this.#unpacker.seek(at);
    this.#isSame = true;
    return this;
  }

  isNext(piece: string | undefined): boolean {
    return this.#unpacker.string() === piece;
  }

  text(piece: string): void {
    // Once something differs, nothing is known of what comes next.
    this.#isSame &&= this.#unpacker.string() === piece;
  }

  count(number: number): void {
    this.#isSame &&= this.#unpacker.count() === number;
  }
}

/** A recorded result. It is read only if somebody asks. */
class RecordedResult implements Traced {
  readonly #unpacker: Unpacker;
  readonly #at: number;
  readonly #numbersAt: number;
  #values: ReadonlyMap<string, Value> | undefined;

  constructor(unpacker: Unpacker, at: number, numbersAt: number) {
    this.#unpacker = unpacker;
    this.#at = at;
    this.#numbersAt = numbersAt;
  }

  get key(): ActionKey {
    return this.#string(0) as ActionKey;
  }

  get outputs(): string {
    return this.#string(1);
  }

  get identities(): string {
    return this.#string(headWords - 1);
  }

  get result(): RunRecord {
    const packed = this.#unpacker.seek(this.#at + 2, this.#numbersAt);
    const [stdout, stderr] = [packed.string() as Digest, packed.string() as Digest];
    const worker = packed.string();
    return { stdout, stderr, worker, startedAt: packed.number(), finishedAt: packed.number() };
  }

  get values(): ReadonlyMap<string, Value> {
    return (this.#values ??= unpackValues(this.outputs));
  }

  #string(offset: number): string {
    return this.#unpacker.seek(this.#at + offset).string();
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
