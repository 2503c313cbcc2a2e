/**
 * Rows of `cargo` after one dependency has another version: who compiles what.
 *
 * Every round goes to a version that nobody has built. What depends on it is known from the lock file, and each
 * contender must have compiled that and no more, but the one that starts from nothing.
 *
 * @module
 */
import { join } from "node:path";

import { inRounds } from "../measure/rounds.mjs";
import { dependentsOf } from "../peers/lock-file.mjs";
import { addVersions, compiledBy, runCargo } from "../peers/rust-project.mjs";
import { runScript } from "../peers/scripts.mjs";
import { check } from "./bench.mjs";

/** Only serde_json depends on it. */
const bumped = "itoa";
const versions = ["1.0.10", "1.0.11", "1.0.12", "1.0.13", "1.0.14", "1.0.15"];

/**
 * What was built before, at the version before. What is not there yet is built now.
 *
 * @typedef {object} Before
 * @property {string} project as of `writeRustProject`
 * @property {string} store of a build without a seed
 * @property {string} target directory of cargo by hand
 * @property {readonly (readonly string[])[]} chain the commands by hand
 * @property {number} jobs
 * @property {number} crates how many external ones there are
 */

/**
 * @param {Before} before
 * @param {import("./bench.mjs").BenchOptions} options
 * @returns {Promise<import("../measure/rounds.mjs").Row[]>}
 */
export async function bumpRows({ project, store, target, chain, jobs, crates }, options) {
  const { place, say } = options;
  const rounds = Math.min(options.runs, versions.length);
  const use = addVersions(project, bumped, versions.slice(0, rounds));
  const seeded = place.next();
  let round = 0;
  /** @type {string[]} */
  let expected = [];
  const bump = () => {
    use(versions[round++] ?? "");
    expected = dependentsOf(join(project, "workspace/Cargo.lock"), bumped);
  };
  /** Says what was compiled, and counts it. */
  const told = (
    /** @type {string} */ who,
    /** @type {Set<string>} */ set,
    /** @type {number} */ ms,
  ) => {
    const needless = [...set].filter((crate) => !expected.includes(crate)).length;
    const names = set.size > 4 ? "" : `: ${[...set].toSorted().join(", ")}`;
    say(`${who}, bump: ${ms.toFixed(0)} ms, compiled ${set.size} of ${crates} crates${names}`);
    return { value: ms, details: { compiled: set.size, needless } };
  };
  const ashlar = (/** @type {string[]} */ ...seed) => {
    const words = [project, seed.length > 0 ? seeded : store, "chain", jobs, ...seed];
    const { ms, stdout } = runScript("cargo", words);
    /** @type {{ compiled: Record<string, string[]>, rebuilt: string[] }} */
    const { compiled, rebuilt } = JSON.parse(stdout);
    check(rebuilt.length === 0, `compiled again: ${rebuilt.join()}`);
    const halves = Object.values(compiled);
    check(halves.length === 2, "not both halves of the dependencies were built");
    return { ms, halves };
  };

  ashlar("bench");
  for (const words of chain) runCargo(project, target, jobs, words);
  return await inRounds(crates, rounds, [
    {
      name: "bump, ashlar",
      measure: () => {
        bump();
        const { ms, halves } = ashlar("bench");
        for (const half of halves) checkSame(half, expected);
        return told("ashlar", new Set(halves.flat()), ms);
      },
    },
    {
      name: "bump, ashlar, no seed",
      measure: () => {
        const { ms, halves } = ashlar();
        return told("ashlar without a seed", new Set(halves.flat()), ms);
      },
    },
    {
      name: "bump, cargo",
      measure: () => {
        const all = chain.map((words) => runCargo(project, target, jobs, words));
        const compiled = all.flatMap(({ stderr }) => compiledBy(stderr));
        checkSame([...new Set(compiled)].toSorted(), expected);
        const ms = all.reduce((sum, one) => sum + one.ms, 0);
        return told("cargo", new Set(compiled), ms);
      },
    },
  ]);
}

/**
 * @param {readonly string[]} compiled
 * @param {readonly string[]} expected
 */
function checkSame(compiled, expected) {
  const isSame = compiled.join() === expected.join();
  check(isSame, `compiled ${compiled.join(", ")}, and not ${expected.join(", ")}`);
}
