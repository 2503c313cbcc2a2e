/**
 * Ashlar itself: `ashlar/build.mjs`, a plain build script.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { slots } from "./contender.mjs";
import { ashlarVersion, runScript } from "./scripts.mjs";

/** @type {import("./contender.mjs").Contender} */
export const ashlar = {
  name: "ashlar",
  version: ashlarVersion,

  open(folder, { count }) {
    mkdirSync(join(folder, "scratch"));
    /** @type {string[]} */
    let digests = [];
    return {
      build() {
        const { ms, stdout } = runScript("build", [folder, count, slots]);
        const result = JSON.parse(stdout);
        digests = result.digests;
        return { ms, ran: result.ran, details: { ...result.steps, maxRssMb: result.maxRssMb } };
      },
      digests: () => digests,
    };
  },
};
