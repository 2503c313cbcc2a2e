/**
 * The one order of names: by Unicode code point, which is also the order of their UTF-8 bytes.
 *
 * Not JavaScript's default, which compares UTF-16 units and so puts an emoji before U+E000; not
 * `localeCompare`, which depends on the machine.
 *
 * @module
 */

/** Compares two strings by code point: negative, zero or positive. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return lift(x) - lift(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above the rest of the plane, where the code points that they stand for are. */
function lift(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit <= 0xdfff ? unit + 0x2000 : unit - 0x800;
}

/** A sorted copy. */
export function sortedBy<T>(items: readonly T[], name: (item: T) => string): T[] {
  if (items.length < 2) return [...items];
  return items.toSorted((a, b) => compareCodePoints(name(a), name(b)));
}
