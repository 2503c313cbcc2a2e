/**
 * `noop`: nothing has changed.
 *
 * @module
 */
import { run } from "../measure/child.mjs";
import { inRounds } from "../measure/rounds.mjs";
import { ashlar } from "../peers/ashlar.mjs";
import { make } from "../peers/make.mjs";
import { ninja } from "../peers/ninja.mjs";
import { nix } from "../peers/nix.mjs";
import { turbo } from "../peers/turbo.mjs";
import { wireit } from "../peers/wireit.mjs";
import { compete } from "./contest.mjs";

/** Beyond this, some contenders take minutes to get ready. */
const small = 1000;

/** @type {import("./bench.mjs").Bench} */
export const noop = {
  name: "noop",
  about: "A build of 10,000 and of 1,000 stages in which nothing has changed, whole process.",
  unit: "ms",
  runs: 11,
  goals: [
    { row: "ashlar", size: 10_000, peer: "ninja", limit: 2 },
    { row: "ashlar", size: 1000, peer: "turbo", limit: 0.3 },
    { row: "ashlar", size: 1000, peer: "wireit", limit: 0.04 },
    { row: "ashlar", size: 1000, peer: "nix-build", limit: 1 },
  ],

  async run(options) {
    const sizes = options.size === undefined ? [10_000, small] : [options.size];
    const results = [];
    for (const count of sizes) {
      const more = count <= small ? [nix, turbo, wireit] : [];
      const contenders = [ashlar, ninja, make, ...more];
      const measure = (/** @type {import("./contest.mjs").Round} */ { built, build }) =>
        build(built().project, 0);
      results.push(await compete({ count, contenders, measure }, options));
    }
    const node = () => ({ value: run([process.execPath, "-e", "0"]).ms });
    const floor = await inRounds(0, options.runs, [{ name: "node -e 0", measure: node }]);
    return {
      rows: [...results.flatMap(({ rows }) => rows), ...floor],
      versions: Object.assign({}, ...results.map(({ versions }) => versions)),
    };
  },
};
