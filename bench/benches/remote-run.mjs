/**
 * `remote-run`: what it costs that a command is executed elsewhere.
 *
 * @module
 */
import { absent, inRounds } from "../measure/rounds.mjs";
import { startProxy, startService } from "../peers/remote-service.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";

/** Of the network. */
const awayMs = 20;
const commands = 20;

/** @type {import("./bench.mjs").Bench} */
export const remoteRun = {
  name: "remote-run",
  about: `${commands} commands that do next to nothing, four at a time: here, and executed by buildbox-casd.`,
  unit: "ms",
  runs: 5,
  goals: [],

  async run({ runs, place, say }) {
    const service = await startService(place.next(), { jobs: 4 });
    const proxy = await startProxy(service.port, awayMs);
    const entry = (/** @type {string} */ name, /** @type {number} */ port) => ({
      name,
      measure() {
        const address = port === 0 ? [] : [`grpc://127.0.0.1:${port}`];
        const { stdout } = runScript("remote-run", [place.next(), commands, ...address]);
        const { ms } = JSON.parse(stdout);
        say(`${name}: ${ms.toFixed(0)} ms`);
        return { value: ms, details: { "of a command, ms": ms / commands } };
      },
    });
    const elsewhere = [entry("there", service.port), entry("there, 20 ms away", proxy.port)];
    try {
      const rows = await inRounds(commands, runs, [
        entry("here", 0),
        ...(service.executes ? elsewhere : []),
      ]);
      if (!service.executes) {
        rows.push(...elsewhere.map(({ name }) => absent(name, commands, "needs buildbox-casd")));
      }
      return { rows, versions: { ashlar: ashlarVersion(), service: service.name } };
    } finally {
      proxy.stop();
      service.stop();
    }
  },
};
