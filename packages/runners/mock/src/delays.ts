/**
 * Delays: what makes stages end in another order.
 *
 * Each depends on nothing but the seed, the schedule and the name of what is delayed, so that an order comes
 * again however the build goes. They are shorter than any time limit; in some schedules all are alike, in others
 * of all magnitudes, so that a stage is later than whole chains of others.
 *
 * @module
 */
import { digestBytes } from "@ashlar/core";

/** How long something waits, in milliseconds. */
export interface Delays {
  /** Before it begins. */
  readonly beforeMs: number;
  /** After what it does, before anybody hears of it. */
  readonly afterMs: number;
}

/** The longest delay, in milliseconds: two of them are less than the shortest time limit. */
const longestMs = 0.25;

/** How often the longest delay can be halved. */
const magnitudes = 16;

/**
 * Whether stages of a schedule begin as soon as they can, so that several are at work at once. In the others, and in
 * the first order, one works at a time, and all that it does is as if it happened at one moment.
 */
export function isOverlapping(schedule: number): boolean {
  return schedule > 0 && schedule % 4 === 0;
}

/**
 * The delays of something in a schedule. Schedule 0 is the first order: one after another, as they come.
 *
 * @param nth - How many have come before it.
 */
export function delaysOf(seed: number, schedule: number, name: string, nth: number): Delays {
  // A million are less than the shortest time limit.
  if (schedule === 0) return { beforeMs: nth * 1e-7, afterMs: 0 };
  const spread = magnitudes * randomOf(seed, schedule, "spread");
  const delay = (what: string): number => {
    const magnitude = 2 ** (-spread * randomOf(seed, schedule, what, "magnitude", name));
    return longestMs * magnitude * randomOf(seed, schedule, what, name);
  };
  const beforeMs = isOverlapping(schedule) ? 0 : delay("before");
  return { beforeMs, afterMs: delay("after") };
}

/** A number from 0 to 1 that follows from some others. */
function randomOf(...parts: readonly (number | string)[]): number {
  const hash = digestBytes(Buffer.from(parts.join("\n")));
  return Number.parseInt(hash.slice(0, 12), 16) / 2 ** 48;
}
