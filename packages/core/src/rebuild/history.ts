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

/** One call of an earlier build. */
interface Entry {
  readonly shape: string;
  readonly key: ActionKey;
  /** How long its command took, in milliseconds. */
  readonly durationMs: number;
}

/** What is noted of a result. */
type Noted = Pick<Entry, "durationMs" | "key">;

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
    const { name, platform, hermeticity } = runner;
    const subject = JSON.stringify([version, cwd, name, platform, hermeticity]);
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
      const line = lineOf(node.name, { shape, key, durationMs });
      if (past === undefined) added.push(line);
      else replaced.set(past, line);
    }
    if (added.length + replaced.size === 0) return;
    const lines: string[] = [];
    for (const [name, entries] of this.#read()) {
      for (const entry of entries) lines.push(replaced.get(entry) ?? lineOf(name, entry));
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
    return pasts.find(node.id);
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
      const [shape = "", key = "", duration = ""] = line.split(" ", 3);
      const name = unquoted(line.slice(shape.length + key.length + duration.length + 3));
      const entry = { shape, key: key as ActionKey, durationMs: Number(duration) || 0 };
      const known = entries.get(name);
      if (known === undefined) entries.set(name, [entry]);
      else known.push(entry);
    }
    this.#entries = entries;
    return entries;
  }
}

/** Which calls of one stage are which of an earlier build: each is one at most. */
class Pasts {
  readonly groupSize: number;
  readonly #byId = new Map<NodeId, Entry>();

  constructor(entries: readonly Entry[], group: readonly PlanNode[]) {
    this.groupSize = group.length;
    let free = entries;
    let open = group.map(({ id, call }) => ({ id, shape: shapeOf(call) }));
    // As many as before: then what is like nothing else may still be the same call.
    const isSameSize = entries.length === group.length;
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
        this.#byId.set(id, entry);
        taken.add(entry);
      }
      if (taken.size === 0) continue;
      free = free.filter((entry) => !taken.has(entry));
      open = open.filter(({ id }) => !this.#byId.has(id));
    }
  }

  find(id: NodeId): Entry | undefined {
    return this.#byId.get(id);
  }
}

function lineOf(name: string, { shape, key, durationMs }: Entry): string {
  // A name that could be mistaken for two lines, or for a quoted one.
  const shown = /^"|[\n\r]/.test(name) ? JSON.stringify(name) : name;
  return `${shape} ${key} ${durationMs} ${shown}`;
}

function unquoted(name: string): string {
  if (!name.startsWith('"')) return name;
  try {
    return String(JSON.parse(name));
  } catch {
    return name;
  }
}
