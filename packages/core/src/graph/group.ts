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
import { isHandle, type Gate, type Group, type Handle } from "../artifact/handle.ts";
import { invalidOption, notAHandle } from "../errors/catalogue.ts";
import { Copies, holdBack, makeGroup, type Members } from "./copies.ts";

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
  return makeGroup(members);
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
  const copies = new Copies();
  /** What the next member waits for: together, all members so far. */
  let gates: readonly Gate[] = [];
  for (const [name, member] of Object.entries(members)) {
    if (!isHandle(member)) throw notAHandle(member, `member \`${name}\``);
    const known = copies.calls.size;
    const held = holdBack(member, gates, copies);
    gated[name] = held;
    // Calls of its own wait for all before. Without any, it may be over sooner than those.
    gates = copies.calls.size > known ? [held] : [...gates, held];
  }
  return makeGroup(gated, gates) as Group<T> & Readonly<T>;
}

/** A list has no names to find its members by. */
function checkRecord(members: unknown): void {
  const isRecord = typeof members === "object" && members !== null && !Array.isArray(members);
  if (!isRecord) throw notAHandle(members, "what should be a record of handles by name");
}
