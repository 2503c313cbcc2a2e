/**
 * `sandbox`: what a sandbox adds to a stage, whatever the size of its input; and that a large input is laid out once.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inRounds } from "../measure/rounds.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";
import { check } from "./bench.mjs";

/** Stages of one measurement. */
const count = 100;

/** A stage with 10,000 input files may take this much longer than one with 10. */
const growthLimit = 1.25;

/** @type {import("./bench.mjs").Bench} */
export const sandbox = {
  name: "sandbox",
  about: "Stages that run `true` on 10 and on 10,000 input files, two at a time.",
  unit: "ms a stage",
  runs: 5,
  goals: [
    { row: "in a sandbox", limit: 6, unit: "ms a stage" },
    { row: "in a sandbox", size: 10_000, detail: "growth", limit: growthLimit, unit: "x 10 files" },
    { row: "without one", size: 10, limit: 2, unit: "ms a stage" },
  ],

  async run({ size, runs, place, say }) {
    /** @type {import("../measure/rounds.mjs").Row[]} */
    const rows = [];
    for (const files of size === undefined ? [10, 10_000] : [size]) {
      const project = place.next();
      mkdirSync(join(project, "src"), { recursive: true });
      for (let at = 0; at < files; at++) {
        writeFileSync(join(project, "src", `file-${at}`), `content ${at % 97}\n`);
      }
      const measure = (/** @type {string} */ how, /** @type {number} */ stages) => () => {
        const result = JSON.parse(runScript("sandbox", [project, stages, how]).stdout);
        check(result.ran === stages, `${result.ran} of ${stages} stages ran`);
        const word = how === "none" ? "declared" : "sandbox";
        check(result.ranBy === `local/${word}`, `they were run by ${result.ranBy}`);
        const large = files > 1000 && how === "required" ? 1 : 0;
        check(result.laid === large, `${result.laid} trees were laid out for ${stages} stages`);
        say(`${files} files, ${word}: ${result.stageMs.toFixed(2)} ms a stage`);
        return { value: result.stageMs, details: {} };
      };
      // Copying 10,000 files takes its time, and needs no repetition to be seen.
      const without = files > 1000 ? 4 : count;
      rows.push(
        ...(await inRounds(files, runs, [
          { name: "in a sandbox", measure: measure("required", count) },
          { name: "without one", measure: measure("none", without) },
        ])),
      );
    }
    const [small, large] = rows.filter(({ name }) => name === "in a sandbox");
    if (small && large) large.details["growth"] = large.median / small.median;
    return { rows, versions: { ashlar: ashlarVersion() } };
  },
};
