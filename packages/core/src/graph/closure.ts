/**
 * Closures: the stage calls that handles stand on.
 *
 * @module
 */
import {
  state,
  type Artifact,
  type Gate,
  type Handle,
  type SourceOrigin,
} from "../artifact/handle.ts";
import { mergesBelow, type RootOrigin } from "../artifact/merges.ts";
import { invariant } from "../base/assert.ts";
import { Distinct } from "../base/distinct.ts";
import { StageCall } from "./stage.ts";

/** Things of which there is none twice. */
type Few<T> = Pick<Distinct<T>, "has" | "items" | "size"> & Iterable<T>;

/** What a handle needs at once: calls that must succeed, and directories that must be read. */
export interface Needs {
  readonly calls: Few<StageCall>;
  readonly sources: Few<SourceOrigin>;
  /** Checks that come with what is needed, and that nothing waits for. */
  readonly checks: readonly Gate[];
}

/** Most artifacts have none. */
const noChecks: readonly Gate[] = Object.freeze([]);

/**
 * The calls that handles stand on, those below before those above, and those of checks that come with
 * them. Safe for chains of any length.
 */
export function callsBelow(handles: Iterable<Handle>): StageCall[] {
  return [...closureOf(handles).keys()];
}

/**
 * The calls that handles stand on, in that order, with what each needs.
 *
 * @param isKnown - Calls to leave out, with all below them.
 */
export function closureOf(
  handles: Iterable<Handle>,
  isKnown: (call: StageCall) => boolean = () => false,
): ReadonlyMap<StageCall, Needs> {
  const ordered = new Map<StageCall, Needs>();
  const seen = new Set<StageCall>();
  const stack: { call: StageCall; needs: Needs; visited: number }[] = [];
  /** Not visited on the way: a check stands on what it is a check of. */
  const checks: Gate[] = [];
  const visit = (call: StageCall): void => {
    if (seen.has(call) || isKnown(call)) return;
    seen.add(call);
    const needs = needsOfCall(call);
    for (const check of needs.checks) checks.push(check);
    stack.push({ call, needs, visited: 0 });
  };
  const visitAll = (starts: Needs): void => {
    for (const check of starts.checks) checks.push(check);
    for (const start of starts.calls) {
      visit(start);
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const next = top.needs.calls.items[top.visited++];
        if (next !== undefined) visit(next);
        else {
          ordered.set(top.call, top.needs);
          stack.pop();
        }
      }
    }
  };
  visitAll(needsOf(handles));
  for (const check of checks) visitAll(needsOf([check]));
  return ordered;
}

/** What a call needs: what its inputs come from, and its gates. */
export function needsOfCall({ command, gates }: StageCall): Needs {
  const needs = emptyNeeds();
  for (const { artifact } of command.mounts) {
    const { origin } = artifact[state];
    // As most are: nothing on the way to it.
    if (origin.type === "output") needs.calls.add(asCall(origin.producer));
    else addAll(addNeeds(artifact, needs), needs);
  }
  if (gates.length > 0) addAll(gates, needs);
  return needs;
}

/** What handles need at once, one call deep, in the order in which they are mentioned. */
export function needsOf(handles: Iterable<Handle>): Needs {
  const needs = emptyNeeds();
  addAll([...handles], needs);
  return needs;
}

/** The calls that make an artifact itself; what it waits for besides is none of them. */
export function makersOf(artifact: Artifact): Iterable<StageCall> {
  const needs = emptyNeeds();
  addNeeds(artifact, needs);
  return needs.calls;
}

/** Needs while they are gathered. */
interface Gathered {
  readonly calls: Distinct<StageCall>;
  readonly sources: Distinct<SourceOrigin>;
  checks: readonly Gate[];
}

function emptyNeeds(): Gathered {
  return { calls: new Distinct(), sources: new Distinct(), checks: noChecks };
}

function addAll(handles: readonly Handle[], needs: Gathered): void {
  if (handles.length === 0) return;
  /** A group may be a member of many: looked into once. */
  const groups = new Set<Handle>();
  const pending: Handle[] = handles.toReversed();
  for (let handle = pending.pop(); handle !== undefined; handle = pending.pop()) {
    const inside = handle[state];
    let below: readonly Handle[] = [];
    if (inside.type === "artifact") below = addNeeds(handle as Artifact, needs);
    else if (inside.type !== "group") needs.calls.add(asCall(inside.producer));
    else if (!groups.has(handle)) {
      groups.add(handle);
      below = Object.values(inside.members as Readonly<Record<string, Handle>>);
    }
    // Not spread into one call: a group may have more members than a call may have arguments.
    for (const each of below.toReversed()) pending.push(each);
  }
}

/** Adds what an artifact is made from. Returns the gates on the way, which are not looked into. */
function addNeeds(artifact: Artifact, needs: Gathered): readonly Gate[] {
  const gates: Gate[] = [];
  if (addRoot(artifact, needs, gates) !== "merge") return gates;
  for (const merge of mergesBelow(artifact)) {
    for (const gate of merge.gates) gates.push(gate);
    for (const part of merge.parts) addRoot(part.artifact, needs, gates);
  }
  return gates;
}

/** Adds where an artifact comes from, and what is on the way there. Does not look into merges. */
function addRoot(artifact: Artifact, needs: Gathered, gates: Gate[]): RootOrigin["type"] {
  let { origin } = artifact[state];
  for (; "base" in origin; { origin } = origin.base[state]) {
    if (origin.type === "gated") gates.push(...origin.gates);
    if (origin.type === "validated") needs.checks = [...needs.checks, ...origin.checks];
  }
  if (origin.type === "source") needs.sources.add(origin);
  else if (origin.type === "output") needs.calls.add(asCall(origin.producer));
  return origin.type;
}

/** The calls are made in this floor only; handles know them by their interface. */
export function asCall(producer: unknown): StageCall {
  invariant(producer instanceof StageCall, "an output's producer is a stage call");
  return producer;
}
