/**
 * `overhead`: what the engine itself costs.
 *
 * @module
 */
import { join } from "node:path";

import { wholeLayers } from "../graph/shape.mjs";
import { inRounds } from "../measure/rounds.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";
import { check } from "./bench.mjs";

/** @typedef {import("../measure/rounds.mjs").Row} Row */

/** A stage of 100,000 may cost this much more than one of 10,000. */
const growthLimit = 1.2;

/** @type {import("./bench.mjs").Bench} */
export const overhead = {
  name: "overhead",
  about: "A build of 10,000 and of 100,000 stages on a runner that takes no time, in memory.",
  unit: "us a stage",
  runs: 5,
  goals: [
    { row: "ashlar", limit: 60, unit: "us a stage" },
    { row: "ashlar", size: 100_000, detail: "maxRssMb", limit: 600, unit: "MB" },
    { row: "ashlar", size: 100_000, detail: "growth", limit: growthLimit, unit: "x 10,000 stages" },
  ],

  async run({ size, runs, place, say }) {
    /** @type {Row[]} */
    const rows = [];
    for (const wanted of size === undefined ? [10_000, 100_000] : [size]) {
      const count = wholeLayers(wanted);
      const measure = (/** @type {() => (string | number)[]} */ words) => () => {
        const result = JSON.parse(runScript("overhead", words()).stdout);
        check(result.ran === count, `${result.ran} of ${count} stages ran`);
        check(result.ranAgain === 0, `${result.ranAgain} stages ran again`);
        check(result.isRight, "the outputs are not right");
        say(`${count}: ${result.buildMs.toFixed(0)} ms`);
        const perStage = (/** @type {number} */ ms) => (ms * 1000) / count;
        return {
          value: perStage(result.describeMs + result.buildMs),
          details: {
            describe: perStage(result.describeMs),
            build: perStage(result.buildMs),
            again: perStage(result.againMs),
            maxRssMb: result.maxRssMb,
          },
        };
      };
      const onDisk = () => [count, join(place.next(), "store")];
      const entries = [
        { name: "ashlar", measure: measure(() => [count]) },
        ...(count > 10_000 ? [] : [{ name: "ashlar, store on disk", measure: measure(onDisk) }]),
      ];
      rows.push(...(await inRounds(count, runs, entries)));
    }
    const [small, large] = rows.filter(({ name }) => name === "ashlar");
    if (small && large) large.details["growth"] = large.median / small.median;
    return { rows, versions: { ashlar: ashlarVersion() } };
  },
};
