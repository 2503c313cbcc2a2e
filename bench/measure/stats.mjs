/**
 * Numbers of many runs as one.
 *
 * @module
 */

/**
 * The middle of some numbers.
 *
 * @param {readonly number[]} values at least one
 * @returns {number}
 */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(at)] ?? NaN) + (sorted[Math.ceil(at)] ?? NaN)) / 2;
}

/**
 * The median of each number of some records.
 *
 * @param {readonly Readonly<Record<string, number>>[]} records
 * @returns {Record<string, number>}
 */
export function medians(records) {
  const names = Object.keys(records[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, median(records.map((record) => record[name] ?? NaN))]),
  );
}

/**
 * A number with three digits that matter.
 *
 * @param {number} value
 * @returns {string}
 */
export function shown(value) {
  if (!Number.isFinite(value)) return "-";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.001))));
  return value.toFixed(Math.min(3, digits));
}
