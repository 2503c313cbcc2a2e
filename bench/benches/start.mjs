/**
 * `start`: how long the command line takes before it does anything.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

import { run } from "../measure/child.mjs";
import { inRounds } from "../measure/rounds.mjs";

const program = fileURLToPath(new URL("../../packages/cli/dist/bundle/bin.js", import.meta.url));

/** What `node -e 0` may be surpassed by: a factor, and milliseconds. */
const allowed = { factor: 1.5, ms: 30 };

/** @type {import("./bench.mjs").Bench} */
export const start = {
  name: "start",
  about: "`ashlar --help`, as it is published, whole process.",
  unit: "ms",
  runs: 21,
  goals: [{ row: "over budget", size: 0, limit: 0, unit: "ms" }],

  async run({ runs }) {
    const node = () => run([process.execPath, "-e", "0"]).ms;
    const help = () => run([process.execPath, program, "--help"]).ms;
    const rows = await inRounds(0, runs, [
      { name: "ashlar", measure: () => ({ value: help() }) },
      { name: "node -e 0", measure: () => ({ value: node() }) },
    ]);
    const [ours, floor] = rows.map(({ median }) => median);
    const over = (ours ?? NaN) - (floor ?? NaN) * allowed.factor - allowed.ms;
    const budget = { name: "over budget", size: 0, values: [over], median: over, details: {} };
    return { rows: [...rows, budget], versions: { node: process.version } };
  },
};
