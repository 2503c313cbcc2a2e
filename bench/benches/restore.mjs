/**
 * `restore`: a tree of the store goes to the disk.
 *
 * @module
 */
import { join } from "node:path";

import { writeFiles } from "../graph/files.mjs";
import { firstLine, run } from "../measure/child.mjs";
import { inRounds } from "../measure/rounds.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";

/** @type {import("./bench.mjs").Bench} */
export const restore = {
  name: "restore",
  about:
    "Export of a tree of 10,000 files of 4 KiB. Ashlar's is the export alone, within a process.",
  unit: "ms",
  runs: 5,
  goals: [{ row: "ashlar", peer: "cp -r", limit: 1 }],

  async run({ size: count = 10_000, runs, place, say }) {
    const folder = place.next();
    writeFiles(folder, count, 4096);
    const store = join(place.next(), "store");
    const timed = (/** @type {string} */ name, /** @type {(to: string) => number} */ measure) => ({
      name,
      measure() {
        const to = join(place.next(), "copy");
        const ms = measure(to);
        // Rejects when they differ.
        run(["diff", "-rq", folder, to]);
        say(`${name}: ${ms.toFixed(1)} ms`);
        return { value: ms };
      },
    });
    const entries = [
      timed("ashlar", (to) => Number(runScript("restore", [folder, store, to]).stdout)),
      timed("cp -r", (to) => run(["cp", "-r", folder, to]).ms),
      timed("cp -al", (to) => run(["cp", "-al", folder, to]).ms),
    ];
    const rows = await inRounds(count, runs, entries);
    const coreutils = firstLine(["cp", "--version"]) ?? "absent";
    return { rows, versions: { ashlar: ashlarVersion(), cp: coreutils } };
  },
};
