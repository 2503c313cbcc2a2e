/**
 * Groups: handles gathered under names, side by side or one after another.
 *
 *     all({ a, b, c })      a   b   c        each as soon as its inputs are there
 *     seq({ a, b, c })      a ─▶ b ─▶ c      each only after the one before has succeeded
 *
 * The order is made of gates, which are in no key: turning one into the other re-runs nothing.
 *
 * @module
 */
import { makeArtifact } from "../artifact/artifact.ts";
import {
  isArtifact,
  isHandle,
  state,
  type Gate,
  type Group,
  type Handle,
  type Origin,
} from "../artifact/handle.ts";
import { invalidOption, notAHandle } from "../errors/catalogue.ts";
import { asCall, callsBelow } from "./closure.ts";
import { resultOf, type StageCall } from "./stage.ts";

/** Handles by name. */
export type Members = Readonly<Record<string, Handle>>;

/**
 * Gathers handles. They are also properties of the group, under their names. Members run side by side.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE` when a member is something else.
 */
export function all<const T extends Members>(members: T): Group<T> & Readonly<T> {
  checkRecord(members);
  for (const [name, member] of Object.entries(members)) {
    if (!isHandle(member)) throw notAHandle(member, `member \`${name}\``);
  }
  const inside = Object.freeze({ type: "group", members: Object.freeze({ ...members }) });
  const group = Object.defineProperty({ ...members }, state, { value: inside });
  return Object.freeze(group) as unknown as Group<T> & Readonly<T>;
}

/**
 * Gathers handles, and lets each start only after the one before it has succeeded.
 *
 * All that a member alone needs waits with it; what an earlier member needs as well does not, for it
 * must be there before. The group holds its own, gated handles: use those, and not the ones it was
 * given, to have the order.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE` when a member is something else; `INVALID_OPTION` when its
 *   name is a number, for JavaScript keeps the order of names, and not of numbers.
 */
export function seq<const T extends Members>(members: T): Group<T> & Readonly<T> {
  checkRecord(members);
  const number = Object.keys(members).find((name) => /^\d+$/.test(name));
  if (number !== undefined) {
    throw invalidOption(`member ${number}`, "a number", "a name: numbers are put first, in order");
  }
  const gated: Record<string, Handle> = {};
  const copies: Copies = new Map();
  /** What the next member waits for: together, all members so far. */
  let gates: readonly Gate[] = [];
  for (const [name, member] of Object.entries(members)) {
    if (!isHandle(member)) throw notAHandle(member, `member \`${name}\``);
    const known = copies.size;
    const held = holdBack(member, gates, copies);
    gated[name] = held;
    // Calls of its own wait for all before. Without any, it may be over sooner than those.
    gates = copies.size > known ? [held] : [...gates, held];
  }
  return all(gated) as Group<T> & Readonly<T>;
}

/** A list has no names to find its members by. */
function checkRecord(members: unknown): void {
  const isRecord = typeof members === "object" && members !== null && !Array.isArray(members);
  if (!isRecord) throw notAHandle(members, "what should be a record of handles by name");
}

/**
 * The same handle, over calls that wait for the gate. A call that an earlier member needs too is there
 * already, in the form that it has for that member.
 */
function holdBack(handle: Handle, gates: readonly Gate[], copies: Copies): Handle {
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

/** For each call, the one that stands for it in the sequence: itself, or one that waits. */
type Copies = Map<StageCall, StageCall>;

/** The handle over the copies of the calls that make it; itself when none was copied. */
function moved<H extends Handle>(handle: H, copies: Copies): H {
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
      return all(Object.fromEntries(entries)) as Handle as H;
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
  }
}
