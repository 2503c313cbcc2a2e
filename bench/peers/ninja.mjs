/**
 * Ninja: compares time stamps.
 *
 * Its rule leaves an output alone that would get equal bytes, and is marked `restat`: so ninja, too,
 * ends a rebuild where bytes stay the same.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { lastLayer, outputPath } from "../graph/shape.mjs";
import { firstLine, run } from "../measure/child.mjs";
import { slots } from "./contender.mjs";
import { filesRead, makeOutputFolders, outputDigests, stagesOf } from "./files.mjs";

/** Printed once for each command. */
const mark = "RAN ";

const rule = (/** @type {boolean} */ isCutoff) => `rule head
  command = ${isCutoff ? "head -q -c 20 $in > $out.new; cmp -s $out.new $out && rm $out.new || mv $out.new $out" : "head -q -c 20 $in > $out"}
  description = ${mark}$out
${isCutoff ? "  restat = 1\n" : ""}`;

/**
 * @param {string} name
 * @param {boolean} isCutoff
 * @returns {import("./contender.mjs").Contender}
 */
function makeNinja(name, isCutoff) {
  return {
    name,
    version: () => firstLine(["ninja", "--version"]),

    open(folder, { count }) {
      makeOutputFolders(folder, count);
      const edges = stagesOf(count).map(
        (stage) => `build ${outputPath(stage)}: head ${filesRead(stage).join(" ")}\n`,
      );
      const targets = `default ${lastLayer(count).map(outputPath).join(" ")}\n`;
      writeFileSync(join(folder, "build.ninja"), rule(isCutoff) + edges.join("") + targets);
      return {
        build() {
          const { ms, stdout } = run(["ninja", "-j", String(slots)], { cwd: folder });
          return { ms, ran: stdout.split(mark).length - 1 };
        },
        digests: () => outputDigests(folder, count),
      };
    },
  };
}

/** With the plainest rule. */
export const ninja = makeNinja("ninja", false);

/** With a rule that leaves an output alone that would get equal bytes. */
export const ninjaRestat = makeNinja("ninja (restat)", true);
