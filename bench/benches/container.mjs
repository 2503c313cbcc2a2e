/**
 * `container`: a stage in a warm container of each engine, beside that engine's own `run` of the same command.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";

import { absent, inRounds } from "../measure/rounds.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";

/** Makes an image of a static busybox, as there may be no registry. */
const importImage = `
  folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && mkdir "$folder/bin" "$folder/etc" &&
  cp /usr/bin/busybox "$folder/bin" && for name in sh env true; do ln -s busybox "$folder/bin/$name"; done &&
  tar -C "$folder" -c . | "$0" import - ashlar-bench:1`;

const image = "ashlar-bench:1";

/** @type {import("./bench.mjs").Bench} */
export const container = {
  name: "container",
  about:
    "One stage that does nothing, in a warm container of Docker and of Podman, and `run` of its command.",
  unit: "ms",
  runs: 7,
  // None for Podman, whose `exec` alone takes longer than that: see `docs/design/containers.md`.
  goals: [{ row: "ashlar, docker", peer: "docker run", limit: 0.4 }],

  async run({ runs, place }) {
    const rows = [];
    for (const engine of ["docker", "podman"]) {
      const options = optionsOf(engine);
      const names = [`ashlar, ${engine}`, `${engine} run`];
      if (options === undefined) {
        rows.push(...names.map((name) => absent(name, 1)));
        continue;
      }
      const measured = await inRounds(1, runs, [
        { name: `${engine} run`, measure: () => ({ value: coldRun(engine, options) }) },
        {
          name: `ashlar, ${engine}`,
          measure: () => {
            const words = [engine, image, 3, place.next()];
            /** @type {number[]} */
            const [, ...warm] = JSON.parse(runScript("container", words).stdout);
            return { value: Math.min(...warm) };
          },
        },
      ]);
      rows.push(...measured);
    }
    return { rows, versions: { ashlar: ashlarVersion() } };
  },
};

/**
 * What `run` of an engine wants here besides; `undefined` when it does not work.
 *
 * @param {string} engine
 */
function optionsOf(engine) {
  const { status } = spawnSync("sh", ["-c", importImage, engine], { stdio: "ignore" });
  if (status !== 0) return undefined;
  // What narrow machines want of Podman; see `docs/design/containers.md`.
  const limits = ["--ulimit", "nofile=16384:16384", "--ulimit", "nproc=16384:16384"];
  const ways = engine === "docker" ? [[]] : [[], limits];
  return ways.find((options) => {
    const words = ["run", "--rm", "--network", "none", ...options, image, "true"];
    return spawnSync(engine, words, { stdio: "ignore" }).status === 0;
  });
}

/**
 * The best of three, as on the other side.
 *
 * @param {string} engine
 * @param {readonly string[]} options
 */
function coldRun(engine, options) {
  const tookMs = [1, 2, 3].map(() => {
    const startedAt = performance.now();
    execFileSync(engine, ["run", "--rm", "--network", "none", ...options, image, "true"]);
    return performance.now() - startedAt;
  });
  return Math.min(...tookMs);
}
