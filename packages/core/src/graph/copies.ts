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
  type Handle,
  type Origin,
  type ValidatedOrigin,
} from "../artifact/handle.ts";
import { asCall, callsBelow, needsOf, needsOfCall } from "./closure.ts";
import { resultOf, type StageCall } from "./stage.ts";

/** Handles by name. */
export type Members = Readonly<Record<string, Handle>>;

/** For each call, the one that stands for it: itself, or one that waits. */
export type Copies = Map<StageCall, StageCall>;

/** A group of handles, which are also its properties. */
export function makeGroup<const T extends Members>(members: T): Group<T> & Readonly<T> {
  const inside = Object.freeze({ type: "group", members: Object.freeze({ ...members }) });
  const group = Object.defineProperty({ ...members }, state, { value: inside });
  return Object.freeze(group) as unknown as Group<T> & Readonly<T>;
}

/** Where an artifact with checks of its own comes from. */
export function validatedOrigin(base: Artifact, checks: readonly Gate[]): ValidatedOrigin {
  const after = (gates: readonly Gate[]): ValidatedOrigin => {
    const held = base.after(...gates);
    const copies: Copies = new Map();
    const [call] = needsOf([base]).calls;
    const [copy] = needsOf([held]).calls;
    if (call !== undefined && copy !== undefined) copies.set(call, copy);
    // Only what rests on the artifact: a check of something else has no reason to wait.
    for (const other of callsBelow(checks)) {
      const below = [...needsOfCall(other).calls];
      if (copies.has(other) || !below.some((needed) => copies.has(needed))) continue;
      copies.set(
        other,
        other.over((handle) => moved(handle, copies)),
      );
    }
    return validatedOrigin(
      held,
      checks.map((check) => moved(check, copies)),
    );
  };
  return Object.freeze({ type: "validated", base, checks: Object.freeze([...checks]), after });
}

/**
 * The same handle, over calls that wait for the gate. A call that an earlier member needs too is there
 * already, in the form that it has for that member.
 */
export function holdBack(handle: Handle, gates: readonly Gate[], copies: Copies): Handle {
  // Producers come before what they produce for, so every copy finds its inputs copied already.
  for (const call of callsBelow([handle])) {
    if (copies.has(call)) continue;
    const held = (): StageCall => call.over((below) => moved(below, copies)).after(gates);
    copies.set(call, gates.length === 0 ? call : held());
  }
  const held = moved(handle, copies);
  const isSource = callsBelow([handle]).length === 0;
  return isSource && isArtifact(held) && gates.length > 0 ? held.after(...gates) : held;
}

/** The handle over the copies of the calls that make it; itself when none was copied. */
export function moved<H extends Handle>(handle: H, copies: Copies): H {
  const inside = handle[state];
  switch (inside.type) {
    case "artifact": {
      const { kind, origin, alias, self } = inside;
      const place = movedOrigin(origin, copies);
      return place === origin
        ? handle
        : (makeArtifact(kind, place, { alias, self }) as Handle as H);
    }
    case "check":
    case "outputs": {
      const call = asCall(inside.producer);
      const copy = copies.get(call) ?? call;
      return copy === call ? handle : (resultOf(copy) as Handle as H);
    }
    case "group": {
      const members = Object.entries(inside.members as Members);
      const entries = members.map(([name, member]) => [name, moved(member, copies)] as const);
      return makeGroup(Object.fromEntries(entries)) as Handle as H;
    }
  }
}

function movedOrigin(origin: Origin, copies: Copies): Origin {
  switch (origin.type) {
    case "source":
    case "text":
      return origin;
    case "output": {
      const producer = copies.get(asCall(origin.producer)) ?? origin.producer;
      return producer === origin.producer ? origin : Object.freeze({ ...origin, producer });
    }
    case "view": {
      const base = moved(origin.base, copies);
      return base === origin.base ? origin : Object.freeze({ ...origin, base });
    }
    case "gated": {
      const gates = origin.gates.map((gate) => moved(gate, copies));
      return Object.freeze({ ...origin, base: moved(origin.base, copies), gates });
    }
    case "validated": {
      const checks = origin.checks.map((check) => moved(check, copies));
      return validatedOrigin(moved(origin.base, copies), checks);
    }
  }
}
