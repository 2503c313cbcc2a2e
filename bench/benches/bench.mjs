/**
 * What a bench is.
 *
 * @module
 */

/**
 * What a bench may be told.
 *
 * @typedef {object} BenchOptions
 * @property {number | undefined} size instead of the bench's own sizes
 * @property {number} runs
 * @property {import("../measure/workplace.mjs").Workplace} place
 * @property {(line: string) => void} say tells the user what goes on
 */

/**
 * @typedef {object} Bench
 * @property {string} name
 * @property {string} about one sentence
 * @property {string} unit of the values
 * @property {number} runs if the user does not say
 * @property {readonly import("../measure/goals.mjs").Goal[]} goals
 * @property {(options: BenchOptions) => Promise<Result>} run
 */

/**
 * @typedef {object} Result
 * @property {import("../measure/rounds.mjs").Row[]} rows
 * @property {Record<string, string>} versions of the contenders that were there
 */

/** A result was wrong, so its time says nothing. */
export class WrongResult extends Error {}

/**
 * Ends the bench unless a claim about a result holds.
 *
 * @param {boolean} isRight
 * @param {string} claim
 */
export function check(isRight, claim) {
  if (!isRight) throw new WrongResult(claim);
}
