/**
 * `container`: a stage in a warm container, beside the engine's own `run` of the same command.
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
  tar -C "$folder" -c . | docker import - ashlar-bench:1`;

const image = "ashlar-bench:1";

/** @type {import("./bench.mjs").Bench} */
export const container = {
  name: "container",
  about:
    "One stage that does nothing, in a warm container of Docker, and `docker run` of its command.",
  unit: "ms",
  runs: 7,
  goals: [{ row: "ashlar, warm", peer: "docker run", limit: 0.4 }],

  async run({ runs, place }) {
    const { status } = spawnSync("sh", ["-c", importImage], { stdio: "ignore" });
    if (status !== 0)
      return { rows: [absent("ashlar, warm", 1), absent("docker run", 1)], versions: {} };
    const rows = await inRounds(1, runs, [
      { name: "docker run", measure: () => ({ value: dockerRun() }) },
      {
        name: "ashlar, warm",
        measure: () => {
          const words = ["docker", image, 3, place.next()];
          /** @type {number[]} */
          const [, ...warm] = JSON.parse(runScript("container", words).stdout);
          return { value: Math.min(...warm) };
        },
      },
    ]);
    return { rows, versions: { ashlar: ashlarVersion() } };
  },
};

/** The best of three, as on the other side. */
function dockerRun() {
  const tookMs = [1, 2, 3].map(() => {
    const startedAt = performance.now();
    execFileSync("docker", ["run", "--rm", "--network", "none", image, "true"]);
    return performance.now() - startedAt;
  });
  return Math.min(...tookMs);
}
