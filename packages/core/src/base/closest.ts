/**
 * The nearest name: what a user probably meant.
 *
 * @module
 */

/**
 * The candidate that is fewest edits away from `name`, or `undefined` when none is close: more than
 * half of the longer name would have to change. A candidate that contains the name, or the other way
 * round, goes before those that do not, however much longer it is.
 */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestRank = Infinity;
  for (const candidate of candidates) {
    const contains = candidate.includes(name) || name.includes(candidate);
    const limit = contains ? Infinity : Math.max(name.length, candidate.length) / 2;
    const distance = editDistance(name, candidate);
    const rank = contains ? distance : distance + 1_000_000;
    if (distance <= limit && rank < bestRank) {
      best = candidate;
      bestRank = rank;
    }
  }
  return best;
}

/** Levenshtein distance, two rows at a time (Wagner and Fischer, 1974). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const insertion = (current[column - 1] ?? 0) + 1;
      const deletion = (previous[column] ?? 0) + 1;
      current.push(Math.min(substitution, insertion, deletion));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
