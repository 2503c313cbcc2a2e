/**
 * Goals: where a bench is meant to end up.
 *
 * @module
 */
import { shown } from "./stats.mjs";

/** @typedef {import("./rounds.mjs").Row} Row */

/**
 * @typedef {object} Goal
 * @property {string} row name of the row that is to reach it
 * @property {number} [size] of that row; any size otherwise
 * @property {string} [peer] the row it is compared with; the limit is absolute otherwise
 * @property {number} limit
 * @property {string} [detail] the number of the row that counts, if it is not its median
 * @property {string} [unit]
 */

/**
 * @typedef {object} Verdict
 * @property {Goal} goal
 * @property {number} size
 * @property {number} reached
 * @property {boolean | undefined} isMet `undefined` when it was not measured
 */

/**
 * @param {readonly Goal[]} goals
 * @param {readonly Row[]} rows
 * @returns {Verdict[]} only of goals whose row was measured
 */
export function judge(goals, rows) {
  return goals.flatMap((goal) =>
    rows
      .filter(({ name, size }) => name === goal.row && size === (goal.size ?? size))
      .map((row) => {
        const peer = rows.find(({ name, size }) => name === goal.peer && size === row.size);
        const own = goal.detail === undefined ? row.median : (row.details[goal.detail] ?? NaN);
        const reached = goal.peer === undefined ? own : own / (peer?.median ?? NaN);
        const isMet = Number.isFinite(reached) ? reached <= goal.limit : undefined;
        return { goal, size: row.size, reached, isMet };
      }),
  );
}

/**
 * @param {Verdict} verdict
 * @returns {string} one line
 */
export function renderVerdict({ goal, size, reached, isMet }) {
  const { row, peer, limit, detail, unit } = goal;
  const what = [row, detail, `at ${size}`].filter((part) => part !== undefined).join(", ");
  const measure = peer === undefined ? (unit ?? "") : `x ${peer}`;
  const verdict = isMet === undefined ? "not measured" : isMet ? "met" : "NOT MET";
  return `${verdict}: ${what}: ${shown(reached)} ${measure}, must be <= ${limit} ${measure}`;
}
