/**
 * A contest: contenders that build the same graph, each result checked.
 *
 * @module
 */
import { expectedDigests, wholeLayers, writeSources } from "../graph/shape.mjs";
import { absent, inRounds } from "../measure/rounds.mjs";
import { check } from "./bench.mjs";

/**
 * @typedef {import("../peers/contender.mjs").Contender} Contender
 * @typedef {import("../peers/contender.mjs").Project} Project
 * @typedef {import("../peers/contender.mjs").Built} Built
 * @typedef {import("../measure/rounds.mjs").Row} Row
 * @typedef {import("../measure/rounds.mjs").Sample} Sample
 * @typedef {import("./bench.mjs").BenchOptions} BenchOptions
 */

/**
 * How a contest goes.
 *
 * @typedef {object} Rules
 * @property {number} count stages
 * @property {readonly Contender[]} contenders
 * @property {(round: Round) => Sample} measure one measurement of one contender
 * @property {Readonly<Record<string, number>>} [atMost] rounds that a slow contender takes part in
 */

/**
 * What a measurement may use.
 *
 * @typedef {object} Round
 * @property {() => { project: Project, folder: string }} open a fresh project
 * @property {() => { project: Project, folder: string }} built a project that was built once, always the same
 * @property {(project: Project, ran: number) => Sample} build builds, and checks what ran and came out
 */

/**
 * Measures all contenders that are there.
 *
 * @param {Rules} rules
 * @param {BenchOptions} options
 * @returns {Promise<{ rows: Row[], versions: Record<string, string> }>}
 */
export async function compete({ count: wanted, contenders, measure, atMost }, options) {
  const { place, runs, say } = options;
  const count = wholeLayers(wanted);
  const expected = expectedDigests(count).join();
  /** @type {Record<string, string>} */
  const versions = {};
  for (const { name, version } of contenders) {
    const found = version(place.tools);
    if (found !== undefined) versions[name] = found;
  }

  const entries = contenders
    .filter(({ name }) => name in versions)
    .map((contender) => {
      const { name } = contender;
      const open = () => {
        const folder = place.next();
        writeSources(folder, count);
        return { project: contender.open(folder, { count, tools: place.tools }), folder };
      };
      const build = (/** @type {Project} */ project, /** @type {number} */ ran) => {
        const built = project.build();
        check(built.ran === ran, `${name} ran ${built.ran} commands of ${count}, not ${ran}`);
        check(project.digests().join() === expected, `the outputs of ${name} are not right`);
        say(`${name} at ${count}: ${built.ms.toFixed(1)} ms`);
        return { value: built.ms, details: built.details ?? {} };
      };
      /** @type {ReturnType<typeof open> | undefined} */
      let kept;
      const built = () => {
        if (kept === undefined) {
          kept = open();
          build(kept.project, count);
        }
        return kept;
      };
      return {
        name,
        measure: () => measure({ open, built, build }),
        atMost: atMost?.[name] ?? runs,
      };
    });

  const rows = await inRounds(count, runs, entries);
  const missing = contenders.filter(({ name }) => !(name in versions));
  return { rows: [...rows, ...missing.map(({ name }) => absent(name, count))], versions };
}
