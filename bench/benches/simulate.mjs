/**
 * `simulate`: how long it takes to say how long a build would take.
 *
 * @module
 */
import { inRounds } from "../measure/rounds.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";
import { check } from "./bench.mjs";

const slots = 1000;

/** @type {import("./bench.mjs").Bench} */
export const simulate = {
  name: "simulate",
  about: "A build of 100,000 stages on 1,000 slots, simulated; and one of 10,000 in virtual time.",
  unit: "s",
  runs: 3,
  goals: [{ row: "simulated", limit: 20, unit: "s" }],

  async run({ size = 100_000, runs, say }) {
    const measure = (/** @type {string} */ mode, /** @type {number} */ count) => () => {
      const result = JSON.parse(runScript("simulate", [mode, count, slots]).stdout);
      check(result.makespanMs > 0 && result.utilisation > 0, "no time has passed");
      say(`${mode}: ${(result.tookMs / 1000).toFixed(2)} s`);
      const { makespanMs, utilisation, maxRssMb } = result;
      return { value: result.tookMs / 1000, details: { makespanMs, utilisation, maxRssMb } };
    };
    const fewer = size / 10;
    const rows = [
      ...(await inRounds(size, runs, [
        { name: "simulated", measure: measure("simulation", size) },
      ])),
      ...(await inRounds(fewer, runs, [
        { name: "built in virtual time", measure: measure("build", fewer) },
      ])),
    ];
    return { rows, versions: { ashlar: ashlarVersion() } };
  },
};
