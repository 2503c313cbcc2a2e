/**
 * GNU make: compares time stamps.
 *
 * An output that would get equal bytes is left alone, and make looks at its time again: so what depends
 * on it is not made. The stage itself is made again in every later build, for its output stays older
 * than its source.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { lastLayer, outputPath } from "../graph/shape.mjs";
import { firstLine, run } from "../measure/child.mjs";
import { slots } from "./contender.mjs";
import { filesRead, makeOutputFolders, outputDigests, stagesOf } from "./files.mjs";

const plain = "head -q -c 20 $^ > $@";
const keeping = "head -q -c 20 $^ > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@";

/**
 * @param {string} name
 * @param {string} recipe
 * @returns {import("./contender.mjs").Contender}
 */
function makeMake(name, recipe) {
  return {
    name,
    version: () => firstLine(["make", "--version"])?.replace("GNU Make ", ""),

    open(folder, { count }) {
      makeOutputFolders(folder, count);
      const targets = `all: ${lastLayer(count).map(outputPath).join(" ")}\n.PHONY: all\n`;
      const rules = stagesOf(count).map(
        (stage) => `${outputPath(stage)}: ${filesRead(stage).join(" ")}\n\t${recipe}\n`,
      );
      writeFileSync(join(folder, "Makefile"), targets + rules.join(""));
      return {
        build() {
          // Without its built-in rules, which would look for many more files.
          const { ms, stdout } = run(["make", "-r", "-R", "-j", String(slots)], { cwd: folder });
          return { ms, ran: stdout.split("head -q").length - 1 };
        },
        digests: () => outputDigests(folder, count),
      };
    },
  };
}

/** With the plainest recipe. */
export const make = makeMake("make", plain);

/** With a recipe that leaves an output alone that would get equal bytes. */
export const makeKeeping = makeMake("make (cmp)", keeping);
