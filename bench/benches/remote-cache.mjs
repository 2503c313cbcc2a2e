/**
 * `remote-cache`: a cache elsewhere, on this machine and a round trip of 20 ms away.
 *
 * @module
 */
import { inRounds } from "../measure/rounds.mjs";
import { startProxy, startService } from "../peers/remote-service.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";

const roundTripMs = 20;

/** @type {import("./bench.mjs").Bench} */
export const remoteCache = {
  name: "remote-cache",
  about:
    "10,000 look-ups, half of them hits; a download of 256 MiB, verified; 10,000 blobs of 1 KiB up.",
  unit: "ms",
  runs: 3,
  goals: [
    // 5,000 and 1,000 a second.
    { row: "look-ups", limit: 2000, unit: "ms" },
    { row: "look-ups, 20 ms away", limit: 10_000, unit: "ms" },
    // 400 and 100 MB/s.
    { row: "download", limit: 671, unit: "ms" },
    { row: "download, 20 ms away", limit: 2684, unit: "ms" },
    // 30 % of one core, if it were one second.
    { row: "upload", detail: "client's cpu, ms", limit: 300, unit: "ms" },
  ],

  async run({ runs, place, say }) {
    const service = await startService(place.next());
    const proxy = await startProxy(service.port, roundTripMs);
    const entry = (
      /** @type {string} */ name,
      /** @type {string} */ what,
      /** @type {number} */ count,
      /** @type {number} */ port,
    ) => ({
      name,
      measure() {
        const words = [`grpc://127.0.0.1:${port}`, what, count];
        const { ms, cpuMs } = JSON.parse(runScript("remote-cache", words).stdout);
        say(`${name}: ${ms.toFixed(0)} ms, of the client's cpu ${cpuMs.toFixed(0)} ms`);
        return { value: ms, details: { "client's cpu, ms": cpuMs } };
      },
    });
    try {
      const rows = await inRounds(1, runs, [
        entry("look-ups", "lookups", 10_000, service.port),
        entry("look-ups, 20 ms away", "lookups", 10_000, proxy.port),
        entry("download", "download", 256, service.port),
        entry("download, 20 ms away", "download", 256, proxy.port),
        entry("upload", "upload", 10_000, service.port),
      ]);
      return { rows, versions: { ashlar: ashlarVersion(), service: service.name } };
    } finally {
      proxy.stop();
      service.stop();
    }
  },
};
