/**
 * The history: under which key each stage call of a directory had its last result, and how long it took.
 *
 * The trace knows that too, but only of builds of the same targets, and by a node's number: a stage that is
 * put in the middle shifts all numbers behind it. Here a call is found again by what people would know
 * it by: the name of its stage, then what it makes, what it is given, and what it says. So an explanation
 * compares a call with its own past, after edits of the script too.
 *
 * It decides nothing, and is written only when something was made or looked up.
 *
 * @module
 */
import { digestBytes, hashOf } from "../digest/digest.ts";
import type { ActionKey } from "../graph/action.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import type { Runner } from "../runner/runner.ts";
import type { Notes } from "../store/store.ts";
import { levels, shapeOf } from "./shape.ts";

/** Version of the form of the note, and calls that it remembers at most. The last ones stay. */
const version = 2;
const maxEntries = 100_000;

/** One call of an earlier build, as a line of the note: `<shape> <key> <duration> <name>`. Few are looked at. */
class Entry {
  readonly line: string;
  readonly #shapeEnd: number;
  readonly #keyEnd: number;
  readonly #durationEnd: number;

  constructor(line: string) {
    this.line = line;
    this.#shapeEnd = endOf(line, 0);
    this.#keyEnd = endOf(line, this.#shapeEnd + 1);
    this.#durationEnd = endOf(line, this.#keyEnd + 1);
  }

  get name(): string {
    return unquoted(this.line.slice(this.#durationEnd + 1));
  }

  get shape(): string {
    return this.line.slice(0, this.#shapeEnd);
  }

  get key(): ActionKey {
    return this.line.slice(this.#shapeEnd + 1, this.#keyEnd) as ActionKey;
  }

  /** How long its command took, in milliseconds. */
  get durationMs(): number {
    return Number(this.line.slice(this.#keyEnd + 1, this.#durationEnd)) || 0;
  }
}

/** What is noted of a result. */
interface Noted {
  readonly key: ActionKey;
  readonly durationMs: number;
}

/** What the calls of one plan came to earlier, and what they came to now. */
export class History {
  readonly #notes: Notes | undefined;
  readonly #name: string;
  readonly #plan: Plan;
  /** By name of the stage. Read when first needed. */
  #entries: ReadonlyMap<string, readonly Entry[]> | undefined;
  readonly #pasts = new Map<string, Pasts>();
  /** Nodes by name of the stage, as far as they have been sorted in. */
  readonly #groups = new Map<string, PlanNode[]>();
  #grouped = 0;
  readonly #noted = new Map<NodeId, Noted>();

  constructor(notes: Notes | undefined, plan: Plan, cwd: string, runner: Runner) {
    const { name, platform } = runner;
    const subject = JSON.stringify([version, cwd, name, platform]);
    this.#notes = notes;
    this.#name = `history-${hashOf(digestBytes(Buffer.from(subject))).slice(0, 32)}`;
    this.#plan = plan;
  }

  /** The key that the node's call had in the build before this one; `undefined` when none is known. */
  earlierKey(node: PlanNode): ActionKey | undefined {
    return this.#pastOf(node)?.key;
  }

  /** How long the command of the node's call took in the build before this one; `undefined` if unknown. */
  earlierDuration(node: PlanNode): number | undefined {
    return this.#pastOf(node)?.durationMs;
  }

  /** How long commands took, by name of their stages. */
  durationsByStage(): ReadonlyMap<string, readonly number[]> {
    const byStage = new Map<string, number[]>();
    for (const [name, entries] of this.#read()) {
      byStage.set(
        name,
        entries.map(({ durationMs }) => durationMs),
      );
    }
    return byStage;
  }

  /** Notes the key of a result that was made, or looked up, and how long its command took. */
  note(node: PlanNode, key: ActionKey, durationMs: number): void {
    this.#noted.set(node.id, { key, durationMs: Math.max(0, Math.round(durationMs)) });
  }

  /** Writes down what was noted, if it is anything new. */
  keep(): void {
    if (this.#notes === undefined || this.#noted.size === 0) return;
    /** What stands in the place of an entry from now on: the order stays that of the plan. */
    const replaced = new Map<Entry, string>();
    const added: string[] = [];
    for (const id of [...this.#noted.keys()].toSorted((a, b) => a - b)) {
      const node = this.#plan.nodes[id] as PlanNode;
      const { key, durationMs } = this.#noted.get(id) as Noted;
      const shape = shapeOf(node.call);
      const past = this.#pastOf(node);
      if (past?.key === key && past.shape === shape) continue;
      const line = lineOf(node.name, shape, { key, durationMs });
      if (past === undefined) added.push(line);
      else replaced.set(past, line);
    }
    if (added.length + replaced.size === 0) return;
    const lines: string[] = [];
    for (const entries of this.#read().values()) {
      for (const entry of entries) lines.push(replaced.get(entry) ?? entry.line);
    }
    const text = [...lines, ...added].slice(-maxEntries).join("\n");
    this.#notes.write(this.#name, Buffer.from(text));
  }

  #pastOf(node: PlanNode): Entry | undefined {
    const { name } = node;
    const entries = this.#read().get(name);
    if (entries === undefined) return undefined;
    const group = this.#groupOf(name);
    let pasts = this.#pasts.get(name);
    // A plan grows when dynamic stages describe more of it.
    if (pasts?.groupSize !== group.length) {
      pasts = new Pasts(entries, group);
      this.#pasts.set(name, pasts);
    }
    return pasts.find(node);
  }

  /** All calls of one stage. */
  #groupOf(name: string): readonly PlanNode[] {
    const { nodes } = this.#plan;
    for (; this.#grouped < nodes.length; this.#grouped++) {
      const node = nodes[this.#grouped] as PlanNode;
      const group = this.#groups.get(node.name);
      if (group === undefined) this.#groups.set(node.name, [node]);
      else group.push(node);
    }
    return this.#groups.get(name) ?? [];
  }

  #read(): ReadonlyMap<string, readonly Entry[]> {
    if (this.#entries !== undefined) return this.#entries;
    const entries = new Map<string, Entry[]>();
    const text = this.#notes?.read(this.#name)?.toString("utf8") ?? "";
    for (const line of text === "" ? [] : text.split("\n")) {
      const entry = new Entry(line);
      const known = entries.get(entry.name);
      if (known === undefined) entries.set(entry.name, [entry]);
      else known.push(entry);
    }
    this.#entries = entries;
    return entries;
  }
}

/** Which calls of one stage are which of an earlier build: each is one at most. */
class Pasts {
  readonly #entries: readonly Entry[];
  readonly #group: readonly PlanNode[];
  /** Of calls that are not the same in the same place. Found out when the first of them is asked for. */
  #moved: ReadonlyMap<NodeId, Entry> | undefined;

  /** @param group - In the order of their numbers. */
  constructor(entries: readonly Entry[], group: readonly PlanNode[]) {
    this.#entries = entries;
    this.#group = group;
  }

  get groupSize(): number {
    return this.#group.length;
  }

  find(node: PlanNode): Entry | undefined {
    // Nearly every call is where it was: then no other one need be looked at, of which there may be many.
    const entry = this.#entries[placeOf(node, this.#group)];
    if (entry?.shape === shapeOf(node.call)) return entry;
    return (this.#moved ??= this.#match()).get(node.id);
  }

  #match(): ReadonlyMap<NodeId, Entry> {
    const byId = new Map<NodeId, Entry>();
    const inPlace = new Set<Entry>();
    let open: { readonly id: NodeId; readonly shape: string }[] = [];
    for (const [at, { id, call }] of this.#group.entries()) {
      const shape = shapeOf(call);
      const entry = this.#entries[at];
      if (entry?.shape === shape) inPlace.add(entry);
      else open.push({ id, shape });
    }
    let free = this.#entries.filter((entry) => !inPlace.has(entry));
    // As many as before: then what is like nothing else may still be the same call.
    const isSameSize = this.#entries.length === this.#group.length;
    // The closest likeness first, so that nobody takes what is more like another one.
    for (const level of isSameSize ? [...levels, () => ""] : levels) {
      const byLikeness = new Map<string, Entry[]>();
      for (const entry of free) {
        const likeness = level(entry.shape);
        const known = byLikeness.get(likeness);
        if (known === undefined) byLikeness.set(likeness, [entry]);
        else known.push(entry);
      }
      const taken = new Set<Entry>();
      for (const { id, shape } of open) {
        const entry = byLikeness.get(level(shape))?.shift();
        if (entry === undefined) continue;
        byId.set(id, entry);
        taken.add(entry);
      }
      if (taken.size === 0) continue;
      free = free.filter((entry) => !taken.has(entry));
      open = open.filter(({ id }) => !byId.has(id));
    }
    return byId;
  }
}

/** Index of a node among nodes in the order of their numbers. */
function placeOf({ id }: PlanNode, nodes: readonly PlanNode[]): number {
  let [from, to] = [0, nodes.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((nodes[middle] as PlanNode).id < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

function lineOf(name: string, shape: string, { key, durationMs }: Noted): string {
  // A name that could be mistaken for two lines, or for a quoted one.
  const shown = /^"|[\n\r]/.test(name) ? JSON.stringify(name) : name;
  return `${shape} ${key} ${durationMs} ${shown}`;
}

/** Where a word ends that begins at `from`. */
function endOf(line: string, from: number): number {
  const end = line.indexOf(" ", from);
  return end === -1 ? line.length : end;
}

function unquoted(name: string): string {
  if (!name.startsWith('"')) return name;
  try {
    return String(JSON.parse(name));
  } catch {
    return name;
  }
}
