/**
 * Closures: the stage calls that handles stand on.
 *
 * @module
 */
import {
  state,
  type Artifact,
  type Gate,
  type GroupState,
  type Handle,
  type SourceOrigin,
} from "../artifact/handle.ts";
import { mergesBelow, type RootOrigin } from "../artifact/merges.ts";
import { invariant } from "../base/assert.ts";
import { StageCall } from "./stage.ts";
import { imageArtifact } from "./where.ts";

/** What a handle needs at once: calls that must succeed, and directories that must be read. */
export interface Needs {
  readonly calls: ReadonlySet<StageCall>;
  readonly sources: ReadonlySet<SourceOrigin>;
  /** Checks that come with what is needed, and that nothing waits for. */
  readonly checks: readonly Gate[];
}

/**
 * The calls that handles stand on, those below before those above, and those of checks that come with
 * them. Safe for chains of any length.
 */
export function callsBelow(handles: Iterable<Handle>): StageCall[] {
  return [...closureOf(handles).keys()];
}

/**
 * The calls that handles stand on, in that order, with those that each needs at once.
 *
 * @param isKnown - Calls to leave out, with all below them.
 * @param sources - Takes in the directories that any of them reads.
 */
export function closureOf(
  handles: Iterable<Handle>,
  isKnown: (call: StageCall) => boolean = () => false,
  sources: Adding<SourceOrigin> = new Set<SourceOrigin>(),
): ReadonlyMap<StageCall, readonly StageCall[]> {
  const ordered = new Map<StageCall, readonly StageCall[]>();
  const seen = new Set<StageCall>();
  const stack: { call: StageCall; below: readonly StageCall[]; visited: number }[] = [];
  /** One for all calls, of which there are many. Checks are not visited on the way, but stand on it. */
  const needs = { calls: new Set<StageCall>(), sources, checks: [] as Gate[] };
  const visit = (call: StageCall): void => {
    if (seen.has(call) || isKnown(call)) return;
    seen.add(call);
    needs.calls.clear();
    addNeedsOfCall(call, needs);
    stack.push({ call, below: [...needs.calls], visited: 0 });
  };
  const visitAll = (starts: readonly Handle[]): void => {
    needs.calls.clear();
    addAll(starts, needs, "members");
    for (const start of [...needs.calls]) {
      visit(start);
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const next = top.below[top.visited++];
        if (next !== undefined) visit(next);
        else {
          ordered.set(top.call, top.below);
          stack.pop();
        }
      }
    }
  };
  visitAll([...handles]);
  for (const check of needs.checks) visitAll([check]);
  return ordered;
}

/** What a call needs: what its inputs come from, and its gates. */
export function needsOfCall(call: StageCall): Needs {
  const needs = emptyNeeds();
  addNeedsOfCall(call, needs);
  return needs;
}

function addNeedsOfCall({ command, gates }: StageCall, needs: Gathered): void {
  for (const { artifact } of command.mounts) {
    const { origin } = artifact[state];
    // As most are: nothing on the way to it.
    if (origin.type === "output") needs.calls.add(asCall(origin.producer));
    else addAll(addNeeds(artifact, needs), needs);
  }
  const image = imageArtifact(command);
  if (image !== undefined) addAll(addNeeds(image, needs), needs);
  addAll(gates, needs);
}

/** What somebody who waits for gates needs at once. */
export function needsOfGates(gates: readonly Gate[]): Needs {
  const needs = emptyNeeds();
  addAll(gates, needs);
  return needs;
}

/** What handles need at once, one call deep, in the order in which they are mentioned. */
export function needsOf(handles: Iterable<Handle>): Needs {
  const needs = emptyNeeds();
  addAll([...handles], needs, "members");
  return needs;
}

/** The calls that make an artifact itself; what it waits for besides is none of them. */
export function makersOf(artifact: Artifact): Iterable<StageCall> {
  const needs = emptyNeeds();
  addNeeds(artifact, needs);
  return needs.calls;
}

/** Something that takes things in. */
interface Adding<T> {
  add(item: T): unknown;
}

/** Needs while they are gathered. */
interface Gathered {
  readonly calls: Adding<StageCall>;
  readonly sources: Adding<SourceOrigin>;
  readonly checks: Gate[];
}

function emptyNeeds(): Gathered & Needs {
  return { calls: new Set(), sources: new Set(), checks: [] };
}

/**
 * @param of - What a group stands for: all of its members, or those to wait for, which may be fewer. The
 *   others are below those.
 */
function addAll(
  handles: readonly Handle[],
  needs: Gathered,
  of: "last" | "members" = "last",
): void {
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
      const { last, members } = inside as GroupState<Readonly<Record<string, Handle>>>;
      below = of === "last" && last !== undefined ? last : Object.values(members);
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
    if (origin.type === "validated") needs.checks.push(...origin.checks);
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
