/**
 * `remote-build`: builds with a remote cache, one that has everything and one that does not answer.
 *
 * @module
 */
import { createServer } from "node:net";

import { inRounds } from "../measure/rounds.mjs";
import { startProxy, startService } from "../peers/remote-service.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";

/** Of the network. What a look-up takes is measured. */
const awayMs = 20;
const depth = 20;
const width = 10;

/** @type {import("./bench.mjs").Bench} */
export const remoteBuild = {
  name: "remote-build",
  about: `A build of ${depth * width} stages, ${depth} deep: all of it in a remote cache, and with one that is dead.`,
  unit: "ms",
  runs: 5,
  goals: [
    { row: "all there, 20 ms away", detail: "of the round trips", limit: 1.5, unit: "x" },
    { row: "trees, 20 ms away", detail: "of the round trips", limit: 1.5, unit: "x" },
    { row: "refused", detail: "over 1.1 x without, ms", limit: 3000, unit: "ms" },
    { row: "black hole", detail: "over 1.1 x without, ms", limit: 3000, unit: "ms" },
  ],

  async run({ runs, place, say }) {
    const service = await startService(place.next());
    const proxy = await startProxy(service.port, awayMs);
    // Takes connections, for the kernel does that, and never answers: this process waits for its children.
    const hole = createServer();
    await new Promise((resolve) => hole.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = hole.address();
    const holePort = address !== null && typeof address === "object" ? address.port : 0;
    const build = (
      /** @type {string} */ mode,
      /** @type {number} */ port,
      /** @type {"file" | "tree"} */ kind = "file",
    ) => {
      const words = [place.next(), depth, width, kind, mode, `grpc://127.0.0.1:${port}`];
      return JSON.parse(runScript("remote-build", words).stdout);
    };
    build("fill", service.port);
    build("fill", service.port, "tree");
    let localMs = NaN;
    const entry = (
      /** @type {string} */ name,
      /** @type {string} */ mode,
      /** @type {number} */ port,
      /** @type {"file" | "tree"} */ kind = "file",
    ) => ({
      name,
      measure() {
        const { ms, transferMs, roundTripMs } = build(mode, port, kind);
        say(`${name}: ${ms.toFixed(0)} ms`);
        if (mode === "local") localMs = ms;
        /** @type {Record<string, number>} */
        const details =
          mode === "cold"
            ? {
                "of the round trips": (ms - transferMs) / (depth * roundTripMs),
                transferMs,
                roundTripMs,
              }
            : mode === "dead"
              ? { "over 1.1 x without, ms": ms - 1.1 * localMs }
              : {};
        return { value: ms, details };
      },
    });
    try {
      const rows = await inRounds(depth * width, runs, [
        entry("without", "local", 0),
        entry("refused", "dead", 1),
        entry("black hole", "dead", holePort),
        entry("all there", "cold", service.port),
        entry("all there, 20 ms away", "cold", proxy.port),
        entry("trees, 20 ms away", "cold", proxy.port, "tree"),
      ]);
      return { rows, versions: { ashlar: ashlarVersion(), service: service.name } };
    } finally {
      proxy.stop();
      service.stop();
      hole.close();
    }
  },
};
