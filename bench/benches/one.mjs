/**
 * `one`: one source was edited, and its stage makes the same bytes again.
 *
 * @module
 */
import { editSource } from "../graph/shape.mjs";
import { ashlar } from "../peers/ashlar.mjs";
import { makeKeeping } from "../peers/make.mjs";
import { ninjaRestat } from "../peers/ninja.mjs";
import { compete } from "./contest.mjs";

/** @type {import("./bench.mjs").Bench} */
export const one = {
  name: "one",
  about: "A build of 10,000 stages after one edit that changes no output: one stage runs.",
  unit: "ms",
  runs: 11,
  goals: [{ row: "ashlar", peer: "ninja (restat)", limit: 2.5 }],

  async run(options) {
    let edit = 0;
    return await compete(
      {
        count: options.size ?? 10_000,
        contenders: [ashlar, ninjaRestat, makeKeeping],
        measure({ built, build }) {
          const { project, folder } = built();
          editSource(folder, 0, ++edit);
          return build(project, 1);
        },
      },
      options,
    );
  },
};
