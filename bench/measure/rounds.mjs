/**
 * Rounds: every contender once, then every contender once more.
 *
 * Interleaved, so that a busy moment of the machine falls on all of them.
 *
 * @module
 */
import { median, medians } from "./stats.mjs";

/**
 * One measurement.
 *
 * @typedef {object} Sample
 * @property {number} value in the unit of the bench, mostly milliseconds
 * @property {Record<string, number>} [details]
 */

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {() => Sample | Promise<Sample>} measure
 * @property {number} [atMost] rounds to take part in, for those that take minutes
 */

/**
 * What became of an entry.
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {number} size
 * @property {number[]} values empty when it is absent
 * @property {number} median
 * @property {Record<string, number>} details medians
 * @property {string} [note] why there are no values
 */

/**
 * @param {number} size
 * @param {number} runs
 * @param {readonly Entry[]} entries
 * @returns {Promise<Row[]>}
 */
export async function inRounds(size, runs, entries) {
  /** @type {Map<string, Sample[]>} */
  const samples = new Map(entries.map(({ name }) => [name, []]));
  for (let round = 0; round < runs; round++) {
    for (const { name, measure, atMost = runs } of entries) {
      if (round < atMost) samples.get(name)?.push(await measure());
    }
  }
  return entries.map(({ name }) => summarize(name, size, samples.get(name) ?? []));
}

/**
 * The row of a contender that is not on this machine.
 *
 * @param {string} name
 * @param {number} size
 * @param {string} [note]
 * @returns {Row}
 */
export function absent(name, size, note = "absent") {
  return { name, size, values: [], median: NaN, details: {}, note };
}

/**
 * @param {string} name
 * @param {number} size
 * @param {readonly Sample[]} samples
 * @returns {Row}
 */
function summarize(name, size, samples) {
  const values = samples.map(({ value }) => value);
  const details = medians(samples.map((sample) => sample.details ?? {}));
  return { name, size, values, median: median(values), details };
}
