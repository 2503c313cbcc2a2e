/**
 * Canonical JSON: one text for each value, however it was put together.
 *
 * @module
 */
import { describe } from "./describe.ts";
import { compareCodePoints } from "./order.ts";

/** What JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A value that JSON has no text for, and where it stands. */
export class NotJson extends Error {
  /** Where: `$.a[0]`. */
  readonly place: string;
  /** What: `undefined`. */
  readonly found: string;

  constructor(place: string, found: string) {
    super(`${place} is ${found}, which JSON cannot say`);
    this.place = place;
    this.found = found;
  }
}

/**
 * Writes a value with the names of objects in the order of their code points, indented by two spaces.
 *
 * @throws {@link NotJson} for what JSON would drop or change: `undefined`, functions, NaN, dates, maps.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(ordered(value, "$"), undefined, 2);
}

function ordered(value: unknown, place: string, around: readonly unknown[] = []): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (around.includes(value)) throw new NotJson(place, "what it is part of itself");
  const way = [...around, value];
  if (Array.isArray(value)) return value.map((item, at) => ordered(item, `${place}[${at}]`, way));
  if (typeof value !== "object" || !isPlain(value)) throw new NotJson(place, describe(value));
  // What has symbols is more than its names tell; without them, it would be written as `{}`.
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw new NotJson(place, "a handle, a secret, or another object with symbols");
  }
  const entries = Object.entries(value).toSorted(([a], [b]) => compareCodePoints(a, b));
  // Without a prototype, `__proto__` is a name like any other.
  const sorted = Object.create(null) as Record<string, unknown>;
  for (const [name, item] of entries) sorted[name] = ordered(item, `${place}.${name}`, way);
  return sorted;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
