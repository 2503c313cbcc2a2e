/**
 * `snapshot`: a directory goes into a new store.
 *
 * @module
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { writeFiles } from "../graph/files.mjs";
import { firstLine, run } from "../measure/child.mjs";
import { inRounds } from "../measure/rounds.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";
import { check } from "./bench.mjs";

/** Named without the bar between the two, which would end a cell of a table. */
const sums = "find, xargs -P2 sha256sum";

/** @type {import("./bench.mjs").Bench} */
export const snapshot = {
  name: "snapshot",
  about: "10,000 files of 4 KiB, and 5,000 of 100 KiB, go into a new store, whole process.",
  unit: "ms",
  runs: 5,
  goals: [{ row: "ashlar", peer: sums, limit: 1 }],

  async run({ size, runs, place, say }) {
    const sets = size === undefined ? [set(10_000, 4), set(5000, 100)] : [set(size, 4)];
    const rows = [];
    for (const { count, sizeBytes } of sets) {
      const folder = place.next();
      writeFiles(folder, count, sizeBytes);
      const sumFile = join(place.next(), "sums");
      let store = join(place.next(), "store");
      const timed = (/** @type {string} */ name, /** @type {() => number} */ measure) => ({
        name,
        measure() {
          place.settle();
          const ms = measure();
          say(`${name} at ${count}: ${ms.toFixed(1)} ms`);
          return { value: ms };
        },
      });
      const takeIn = () => {
        const { ms, stdout } = runScript("snapshot", [folder, store]);
        const listed = runScript("list-tree", [stdout.trim(), store]).stdout;
        check(sorted(listed) === sorted(readFileSync(sumFile, "utf8")), "a digest is not right");
        return ms;
      };
      const list = `find . -type f -print0 | xargs -0 -P2 -n 256 sha256sum`;
      const entries = [
        timed(sums, () => run(["sh", "-c", `${list} > "$1"`, "sh", sumFile], { cwd: folder }).ms),
        timed("ashlar", () => {
          // The kernel goes on with the memory of the former one: see "Traps" in bench/README.md.
          rmSync(store, { recursive: true, force: true });
          store = join(place.next(), "store");
          return takeIn();
        }),
        timed("ashlar, same store again", takeIn),
        timed("cp -r", () => run(["cp", "-r", folder, join(place.next(), "copy")]).ms),
      ];
      rows.push(...(await inRounds(count, runs, entries)));
    }
    const coreutils = firstLine(["sha256sum", "--version"]) ?? "absent";
    return { rows, versions: { ashlar: ashlarVersion(), [sums]: coreutils } };
  },
};

/**
 * @param {number} count
 * @param {number} kib
 * @returns {{ count: number, sizeBytes: number }}
 */
function set(count, kib) {
  return { count, sizeBytes: kib * 1024 };
}

/**
 * @param {string} lines
 * @returns {string}
 */
function sorted(lines) {
  return lines.split("\n").toSorted().join("\n");
}
