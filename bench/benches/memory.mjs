/**
 * `memory`: starting commands from a process that holds much memory.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { expectedDigests, width, writeSources } from "../graph/shape.mjs";
import { inRounds } from "../measure/rounds.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";
import { check } from "./bench.mjs";

/** Stages that start: one layer. */
const count = width;

/** @type {import("./bench.mjs").Bench} */
export const memory = {
  name: "memory",
  about: "Time that the main thread is inside of `spawn`, while 0 and 500 MB of blobs are held.",
  unit: "ms a start",
  runs: 5,
  goals: [{ row: "ashlar", size: 500, limit: 2, unit: "ms a start" }],

  async run({ size, runs, place, say }) {
    const expected = expectedDigests(count).join();
    const rows = [];
    for (const held of size === undefined ? [0, 500] : [size]) {
      const measure = () => {
        const folder = place.next();
        writeSources(folder, count);
        mkdirSync(join(folder, "scratch"));
        const result = JSON.parse(runScript("memory", [folder, held, count]).stdout);
        check(result.ran === count, `${result.ran} of ${count} stages ran`);
        check(result.digests.join() === expected, "the outputs are not right");
        const value = result.spawnMs / count;
        say(`${held} MB held: ${value.toFixed(2)} ms a start`);
        const { spawns, rssMb } = result;
        return { value, details: { spawns, rssMb, eventLoop: result.activeMs / count } };
      };
      rows.push(...(await inRounds(held, runs, [{ name: "ashlar", measure }])));
    }
    return { rows, versions: { ashlar: ashlarVersion() } };
  },
};
