/**
 * Turborepo: a stage is the `build` script of a package of its own.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inputsOf, lastLayer, sourceText } from "../graph/shape.mjs";
import { firstLine, run } from "../measure/child.mjs";
import { slots } from "./contender.mjs";
import { digestsAt, stagesOf } from "./files.mjs";
import { binOf, installed } from "./npm-tool.mjs";

const nameOf = (/** @type {number} */ stage) => `s${stage}`;
const env = { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", CI: "1" };

/** @type {import("./contender.mjs").Contender} */
export const turbo = {
  name: "turbo",
  version: (tools) => installed("turbo", tools),

  open(folder, { count, tools }) {
    for (const stage of stagesOf(count)) writePackage(folder, stage);
    const npm = firstLine(["npm", "--version"]) ?? "10.0.0";
    writeJson(join(folder, "package.json"), {
      name: "bench",
      private: true,
      packageManager: `npm@${npm}`,
      workspaces: ["packages/*"],
    });
    writeJson(join(folder, "package-lock.json"), lockfile(count));
    const build = { dependsOn: ["^build"], inputs: ["in.txt"], outputs: ["out.txt"] };
    writeJson(join(folder, "turbo.json"), { tasks: { build } });
    return {
      build() {
        const argv = [binOf("turbo", tools), "run", "build", `--concurrency=${slots}`];
        const options = ["--output-logs=none", "--cache=local:rw"];
        const { ms, stdout } = run([...argv, ...options], { cwd: folder, env });
        const [, cached, total] = /Cached: +(\d+) cached, (\d+) total/.exec(stdout) ?? [];
        return { ms, ran: Number(total) - Number(cached) };
      },
      digests: () =>
        digestsAt(
          folder,
          lastLayer(count).map((stage) => `packages/${nameOf(stage)}/out.txt`),
        ),
    };
  },
};

/**
 * @param {string} folder
 * @param {number} stage
 */
function writePackage(folder, stage) {
  const place = join(folder, "packages", nameOf(stage));
  mkdirSync(place, { recursive: true });
  const below = inputsOf(stage).map((input) => `../${nameOf(input)}/out.txt`);
  // What a package reads must lie in it.
  writeFileSync(join(place, "in.txt"), sourceText(stage));
  writeJson(join(place, "package.json"), {
    name: nameOf(stage),
    version: "1.0.0",
    scripts: { build: `head -q -c 20 ${["in.txt", ...below].join(" ")} > out.txt` },
    dependencies: dependenciesOf(stage),
  });
}

/**
 * What npm would write down: packages of the workspace, and nothing else.
 *
 * @param {number} count
 * @returns {object}
 */
function lockfile(count) {
  const packages = stagesOf(count).flatMap((stage) => [
    [
      `packages/${nameOf(stage)}`,
      { name: nameOf(stage), version: "1.0.0", dependencies: dependenciesOf(stage) },
    ],
    [`node_modules/${nameOf(stage)}`, { resolved: `packages/${nameOf(stage)}`, link: true }],
  ]);
  const root = { name: "bench", workspaces: ["packages/*"] };
  return {
    name: "bench",
    lockfileVersion: 3,
    requires: true,
    packages: { "": root, ...Object.fromEntries(packages) },
  };
}

/**
 * @param {number} stage
 * @returns {Record<string, string>}
 */
function dependenciesOf(stage) {
  return Object.fromEntries(inputsOf(stage).map((input) => [nameOf(input), "1.0.0"]));
}

/**
 * @param {string} path
 * @param {unknown} value
 */
function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
