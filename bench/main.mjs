/**
 * The benches' command line.
 *
 *     npm run bench -- --list
 *     npm run bench -- NAME [--size N] [--runs N]
 *
 * Prints a table, and writes all numbers to `results/`. Progress goes to the standard error.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { benches } from "./benches/index.mjs";
import { judge, renderVerdict } from "./measure/goals.mjs";
import { describeMachine } from "./measure/machine.mjs";
import { shown } from "./measure/stats.mjs";
import { renderTable } from "./measure/table.mjs";
import { Workplace } from "./measure/workplace.mjs";

const usage = "usage: npm run bench -- --list | NAME [--size N] [--runs N]\n";

/**
 * @param {string[]} argv
 * @returns {Promise<number>} exit code
 */
async function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    options: { list: { type: "boolean" }, size: { type: "string" }, runs: { type: "string" } },
    allowPositionals: true,
  });
  if (values.list === true) {
    for (const { name, about } of benches) process.stdout.write(`${name.padEnd(10)}${about}\n`);
    return 0;
  }
  const bench = benches.find(({ name }) => name === positionals[0]);
  const size = wholeNumber(values.size);
  const runs = wholeNumber(values.runs) ?? bench?.runs;
  if (bench === undefined || runs === undefined || Number.isNaN(size) || Number.isNaN(runs)) {
    process.stderr.write(usage);
    return 2;
  }
  const place = new Workplace();
  try {
    const say = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
    const machine = describeMachine();
    const { rows, versions } = await bench.run({ size, runs, place, say });
    const verdicts = judge(bench.goals, rows);
    writeResult(bench.name, { bench: bench.name, machine, versions, rows, verdicts });
    process.stdout.write(`${bench.about}\n${renderFacts(machine)}\n${renderFacts(versions)}\n\n`);
    process.stdout.write(`${renderRows(bench.unit, rows)}\n`);
    for (const { name, size: at, details } of rows) {
      if (Object.keys(details).length === 0) continue;
      process.stdout.write(`${name} at ${at}: ${renderFacts(details)}\n`);
    }
    for (const verdict of verdicts) process.stdout.write(`${renderVerdict(verdict)}\n`);
    return 0;
  } finally {
    place.remove();
  }
}

/**
 * @param {string} unit
 * @param {readonly import("./measure/rounds.mjs").Row[]} rows
 * @returns {string}
 */
function renderRows(unit, rows) {
  const head = ["contender", "size", "runs", `median, ${unit}`, "least", "most", "ashlar is"];
  return renderTable(
    head,
    rows.map(({ name, size, values, median, note }) => {
      if (values.length === 0) return [name, String(size), "0", note ?? ""];
      const ours = oursFor(name, size, rows);
      const ratio = ours && ours.name !== name ? `${shown(ours.median / median)} x` : "";
      const numbers = [median, Math.min(...values), Math.max(...values)].map(shown);
      return [name, String(size), String(values.length), ...numbers, ratio];
    }),
  );
}

/**
 * The row of ours that a row is compared with: of the same size, and of the same part of the bench if it has parts, as
 * in `cold, ashlar`.
 *
 * @param {string} name
 * @param {number} size
 * @param {readonly import("./measure/rounds.mjs").Row[]} rows
 */
function oursFor(name, size, rows) {
  const part = name.includes(", ") ? name.slice(0, name.indexOf(", ") + 2) : "";
  const found = [`${part}ashlar`, "ashlar"].map((own) =>
    rows.find((row) => row.name === own && row.size === size),
  );
  return found.find((row) => row !== undefined);
}

/**
 * @param {Readonly<Record<string, string | number>>} facts
 * @returns {string}
 */
function renderFacts(facts) {
  const parts = Object.entries(facts).map(([name, value]) =>
    [name, typeof value === "number" ? shown(value) : value].join(" "),
  );
  return parts.join(", ");
}

/**
 * @param {string} name
 * @param {object} result
 */
function writeResult(name, result) {
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const stamp = new Date().toISOString().replaceAll(":", "-");
  writeFileSync(new URL(`${name}-${stamp}.json`, folder), `${JSON.stringify(result, null, 2)}\n`);
}

/**
 * @param {string | undefined} text
 * @returns {number | undefined} NaN for what is no whole number above 0
 */
function wholeNumber(text) {
  if (text === undefined) return undefined;
  return /^[1-9][0-9]*$/.test(text) ? Number(text) : NaN;
}

process.exitCode = await main(process.argv.slice(2));
