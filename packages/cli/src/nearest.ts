/**
 * Nearest names: what somebody who mistyped may have meant.
 *
 * @module
 */

/** The names that are few edits away, the nearest first: three at most. */
export function nearest(name: string, names: Iterable<string>): readonly string[] {
  const wanted = name.toLowerCase();
  const ranked: { readonly name: string; readonly rank: number }[] = [];
  for (const each of names) {
    const lower = each.toLowerCase();
    const distance = edits(wanted, lower);
    const contains = wanted.length > 1 && (lower.includes(wanted) || wanted.includes(lower));
    if (contains) ranked.push({ name: each, rank: distance / 2 });
    else if (distance <= Math.max(1, wanted.length / 3))
      ranked.push({ name: each, rank: distance });
  }
  return ranked
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, 3)
    .map((each) => each.name);
}

/** Names for a message: all of a few, the first of many. */
export function listed(names: readonly string[], most = 12): string {
  if (names.length === 0) return "none";
  const shown = names.slice(0, most).join(", ");
  return names.length <= most ? shown : `${shown}, and ${names.length - most} more`;
}

/** Edits from one text to another, where swapping two neighbours is one. */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let at = 1; at <= b.length; at++) {
      const isSame = a[row - 1] === b[at - 1];
      let least = Math.min(
        (previous[at - 1] ?? 0) + (isSame ? 0 : 1),
        (current[at - 1] ?? 0) + 1,
        (previous[at] ?? 0) + 1,
      );
      const isSwap = row > 1 && at > 1 && a[row - 1] === b[at - 2] && a[row - 2] === b[at - 1];
      if (isSwap) least = Math.min(least, (before[at - 2] ?? 0) + 1);
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
