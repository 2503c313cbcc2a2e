/**
 * Wireit: a stage is a script of one package, started as its users start it, by `npm run`.
 *
 * @module
 */
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inputsOf, lastLayer, outputPath, sourcePath } from "../graph/shape.mjs";
import { run } from "../measure/child.mjs";
import { slots } from "./contender.mjs";
import { filesRead, makeOutputFolders, outputDigests, stagesOf } from "./files.mjs";
import { installed } from "./npm-tool.mjs";

const nameOf = (/** @type {number} */ stage) => `s${stage}`;

/** @type {import("./contender.mjs").Contender} */
export const wireit = {
  name: "wireit",
  version: (tools) => installed("wireit", tools),

  open(folder, { count, tools }) {
    makeOutputFolders(folder, count);
    symlinkSync(join(tools, "wireit/node_modules"), join(folder, "node_modules"));
    const stages = stagesOf(count);
    const names = ["all", ...stages.map(nameOf)];
    const manifest = {
      name: "bench",
      private: true,
      scripts: Object.fromEntries(names.map((name) => [name, "wireit"])),
      wireit: {
        all: { dependencies: lastLayer(count).map(nameOf) },
        ...Object.fromEntries(stages.map((stage) => [nameOf(stage), describe(stage)])),
      },
    };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
    const env = { WIREIT_PARALLEL: String(slots), WIREIT_LOGGER: "quiet-ci", CI: "1" };
    return {
      build() {
        const { ms, stdout } = run(["npm", "run", "all", "--silent"], { cwd: folder, env });
        const [, ran = "NaN"] = /Ran ([\d,]+) scripts?/.exec(stdout) ?? [];
        return { ms, ran: Number(ran.replaceAll(",", "")) };
      },
      digests: () => outputDigests(folder, count),
    };
  },
};

/**
 * @param {number} stage
 * @returns {object}
 */
function describe(stage) {
  return {
    command: `head -q -c 20 ${filesRead(stage).join(" ")} > ${outputPath(stage)}`,
    files: [sourcePath(stage)],
    output: [outputPath(stage)],
    dependencies: inputsOf(stage).map(nameOf),
  };
}
