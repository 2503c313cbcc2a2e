/**
 * Copies: the same handles over other calls.
 *
 * Handles and calls never change. What holds a part of a graph back makes copies of its calls, with more
 * gates, and of all handles that lead to them. Gates are in no key, so a copy has the key of its original.
 *
 * @module
 */
import { makeArtifact } from "../artifact/artifact.ts";
import {
  isArtifact,
  state,
  type Artifact,
  type Gate,
  type Group,
  type GroupState,
  type Handle,
  type MergeOrigin,
  type MergePart,
  type OnConflict,
  type Origin,
  type ValidatedOrigin,
} from "../artifact/handle.ts";
import { mergesBelow } from "../artifact/merges.ts";
import { asCall, callsBelow, makersOf, needsOfCall } from "./closure.ts";
import { resultOf, type StageCall } from "./stage.ts";

/** Handles by name. */
export type Members = Readonly<Record<string, Handle>>;

/** What stands for what. */
export class Copies {
  /** For each call, the one that stands for it: itself, or one that waits. Those below are there first. */
  readonly calls: Map<StageCall, StageCall> = new Map();
  /** Groups, and those over copies: a gate of many calls, and of their copies, is moved once. */
  readonly groups: Map<Handle, Handle> = new Map();
}

/**
 * A group of handles, which are also its properties.
 *
 * @param last - The members that are over only when all are, if not each is for itself.
 */
export function makeGroup<const T extends Members>(
  members: T,
  last?: readonly Gate[],
): Group<T> & Readonly<T> {
  const inside = Object.freeze({
    type: "group",
    members: Object.freeze({ ...members }),
    ...(last !== undefined && { last: Object.freeze([...last]) }),
  });
  const group = Object.defineProperty({ ...members }, state, { value: inside });
  return Object.freeze(group) as unknown as Group<T> & Readonly<T>;
}

/** Where an artifact with checks of its own comes from. */
export function validatedOrigin(base: Artifact, checks: readonly Gate[]): ValidatedOrigin {
  const after = (gates: readonly Gate[]): ValidatedOrigin => {
    const held = base.after(...gates);
    const copies = new Copies();
    const makers = makersOf(held)[Symbol.iterator]();
    for (const call of makersOf(base)) copies.calls.set(call, makers.next().value ?? call);
    // Only what rests on the artifact: a check of something else has no reason to wait.
    copyAbove(callsBelow(checks), copies);
    return validatedOrigin(
      held,
      checks.map((check) => moved(check, copies)),
    );
  };
  return Object.freeze({ type: "validated", base, checks: Object.freeze([...checks]), after });
}

/** Where a merged tree comes from. */
export function mergeOrigin(
  parts: readonly MergePart[],
  onConflict: OnConflict,
  gates: readonly Gate[] = [],
): MergeOrigin {
  const after = (more: readonly Gate[]): MergeOrigin => {
    const makers = new Set(parts.flatMap(({ artifact }) => [...makersOf(artifact)]));
    const copies = new Copies();
    // One copy of each call, however many of its outputs are parts.
    const all = callsBelow(parts.map(({ artifact }) => artifact));
    copyAbove(all, copies, (call) => (makers.has(call) ? more : []));
    const held = parts.map(({ path, artifact }) => ({ path, artifact: moved(artifact, copies) }));
    return mergeOrigin(held, onConflict, [...gates, ...more]);
  };
  const frozen = Object.freeze(parts.map((part) => Object.freeze({ ...part })));
  return Object.freeze({
    type: "merge",
    parts: frozen,
    onConflict,
    gates: Object.freeze([...gates]),
    after,
  });
}

/** Copies those of the calls that get gates, or stand on a call that was copied. Those below come first. */
export function copyAbove(
  calls: Iterable<StageCall>,
  copies: Copies,
  gatesOf: (call: StageCall) => readonly Gate[] = () => [],
): void {
  for (const call of calls) {
    if (copies.calls.has(call)) continue;
    const gates = gatesOf(call);
    const isAbove = [...needsOfCall(call).calls].some((needed) => copies.calls.has(needed));
    if (gates.length === 0 && !isAbove) continue;
    const copy = call.over((handle) => moved(handle, copies));
    copies.calls.set(call, gates.length === 0 ? copy : copy.after(gates));
  }
}

/**
 * The same handle, over calls that wait for the gates. A call that an earlier member needs too is there
 * already, in the form that it has for that member.
 */
export function holdBack(handle: Handle, gates: readonly Gate[], copies: Copies): Handle {
  const calls = callsBelow([handle]);
  if (gates.length === 0) {
    for (const call of calls) if (!copies.calls.has(call)) copies.calls.set(call, call);
    return moved(handle, copies);
  }
  /** Those that wait since this member does. What stands on one of them waits by that. */
  const waiting = new Set<StageCall>();
  // Producers come before what they produce for, so every copy finds its inputs copied already.
  for (const call of calls) {
    if (copies.calls.has(call)) continue;
    const copy = call.over((below) => moved(below, copies));
    const waits = [...needsOfCall(call).calls].some((needed) => waiting.has(needed));
    copies.calls.set(call, waits ? copy : copy.after(gates));
    waiting.add(call);
  }
  const held = moved(handle, copies);
  return calls.length === 0 && isArtifact(held) ? held.after(...gates) : held;
}

/** The handle over the copies of the calls that make it; itself when none was copied. */
export function moved<H extends Handle>(handle: H, copies: Copies): H {
  const inside = handle[state];
  switch (inside.type) {
    case "artifact": {
      const artifact = handle as Artifact;
      const merges = new Map<MergeOrigin, MergeOrigin>();
      for (const merge of mergesBelow(artifact)) {
        merges.set(merge, movedMerge(merge, copies, merges));
      }
      return movedArtifact(artifact, copies, merges) as Handle as H;
    }
    case "check":
    case "outputs": {
      const call = asCall(inside.producer);
      const copy = copies.calls.get(call) ?? call;
      return copy === call ? handle : (resultOf(copy) as Handle as H);
    }
    case "group": {
      let group = copies.groups.get(handle);
      if (group === undefined)
        copies.groups.set(handle, (group = movedGroup(handle, inside, copies)));
      return group as H;
    }
  }
}

function movedGroup(group: Handle, inside: GroupState<unknown>, copies: Copies): Handle {
  const members = Object.entries(inside.members as Members);
  const entries = members.map(([name, member]) => [name, moved(member, copies)] as const);
  const isSame = entries.every(([, member], at) => member === members[at]?.[1]);
  if (isSame) return group;
  const last = inside.last?.map((gate) => moved(gate, copies));
  return makeGroup(Object.fromEntries(entries), last);
}

/** For each merge below an artifact, the one over copies: found already when the artifact is. */
type Merges = ReadonlyMap<MergeOrigin, MergeOrigin>;

function movedMerge(merge: MergeOrigin, copies: Copies, merges: Merges): MergeOrigin {
  let isSame = true;
  const parts = merge.parts.map(({ path, artifact }) => {
    const part = { path, artifact: movedArtifact(artifact, copies, merges) };
    isSame &&= part.artifact === artifact;
    return part;
  });
  const gates = merge.gates.map((gate) => moved(gate, copies));
  isSame &&= gates.every((gate, at) => gate === merge.gates[at]);
  return isSame ? merge : mergeOrigin(parts, merge.onConflict, gates);
}

function movedArtifact<A extends Artifact>(artifact: A, copies: Copies, merges: Merges): A {
  const { kind, origin, alias, self } = artifact[state];
  const place = movedOrigin(origin, copies, merges);
  return place === origin ? artifact : (makeArtifact(kind, place, { alias, self }) as A);
}

function movedOrigin(origin: Origin, copies: Copies, merges: Merges): Origin {
  switch (origin.type) {
    case "source":
    case "text":
      return origin;
    case "merge":
      return merges.get(origin) ?? origin;
    case "output": {
      const producer = copies.calls.get(asCall(origin.producer)) ?? origin.producer;
      return producer === origin.producer ? origin : Object.freeze({ ...origin, producer });
    }
    case "view": {
      const base = movedArtifact(origin.base, copies, merges);
      return base === origin.base ? origin : Object.freeze({ ...origin, base });
    }
    case "gated": {
      const gates = origin.gates.map((gate) => moved(gate, copies));
      const base = movedArtifact(origin.base, copies, merges);
      return Object.freeze({ ...origin, base, gates });
    }
    case "validated": {
      const checks = origin.checks.map((check) => moved(check, copies));
      return validatedOrigin(movedArtifact(origin.base, copies, merges), checks);
    }
  }
}
