import { wholeLayers } from "../graph/shape.mjs";
import { absent } from "../measure/rounds.mjs";
/**
 * `cold`: everything has to run.
 *
 * @module
 */
import { ashlar } from "../peers/ashlar.mjs";
import { make } from "../peers/make.mjs";
import { ninja } from "../peers/ninja.mjs";
import { nix } from "../peers/nix.mjs";
import { turbo } from "../peers/turbo.mjs";
import { wireit } from "../peers/wireit.mjs";
import { compete } from "./contest.mjs";

/** Stages that turbo is asked for at most. It starts npm for each, which takes 150 ms and more. */
const most = 200;

/** @type {import("./bench.mjs").Bench} */
export const cold = {
  name: "cold",
  about: "A first build of 1,000 stages of real processes, two at a time.",
  unit: "ms",
  runs: 5,
  goals: [
    { row: "ashlar", peer: "ninja", limit: 1.5 },
    { row: "ashlar", peer: "nix-build", limit: 0.3 },
  ],

  async run(options) {
    const count = wholeLayers(options.size ?? 1000);
    const isSmall = count <= most;
    const { rows, versions } = await compete(
      {
        count,
        contenders: [ashlar, ninja, make, nix, wireit, ...(isSmall ? [turbo] : [])],
        measure: ({ open, build }) => build(open().project, count),
        // 30 ms a stage.
        atMost: { "nix-build": 3 },
      },
      options,
    );
    const leftOut = isSmall ? [] : [absent("turbo", count, `left out beyond ${most}`)];
    return { rows: [...rows, ...leftOut], versions };
  },
};
