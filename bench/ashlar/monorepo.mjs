/**
 * A large repository, as a model: packages that stand on each other, each compiled, looked over, tested and packed.
 *
 *     node monorepo.mjs PACKAGES WORKERS...
 *
 * Each package has six stages: one compiles it, with what the packages below it have given; one looks it over; three
 * test it; one packs it. It stands on up to four of the packages before it. How long a
 * stage takes follows from its number: medians of 3 to 20 s, spread as durations are, with few that are long. Prints one line of JSON.
 *
 * @module
 */
import { out, sh, simulate, source, stage } from "./api.mjs";

/** @typedef {import("./api.mjs").File} File */

const [packages = "1000", ...workers] = process.argv.slice(2);
const count = Number(packages);

/** Median of each stage, in seconds, and how it is spread: most lie within a factor of e^spread. */
const durations = {
  compile: { median: 8, spread: 0.8 },
  lint: { median: 4, spread: 0.5 },
  test: { median: 20, spread: 1 },
  pack: { median: 3, spread: 0.4 },
};

const compile = stage(
  "compile",
  (/** @type {number} */ at, /** @type {readonly File[]} */ below) =>
    sh`compile ${at} ${source("src")} ${below} ${out.file("lib")}`,
);
const lint = stage("lint", (/** @type {number} */ at) => sh`lint ${at} ${source("src")}`);
const test = stage(
  "test",
  (/** @type {File} */ lib, /** @type {number} */ part) => sh`test ${lib} ${part}`,
);
const pack = stage("pack", (/** @type {File} */ lib) => sh`pack ${lib} ${out.file("pkg")}`);

const described = performance.now();
/** @type {File[]} */
const libraries = [];
const targets = [];
for (let at = 0; at < count; at++) {
  const below = [1, 2, 3, 4]
    .map((n) => at - 1 - Math.floor(uniform(at, n) * at))
    .filter((each, index, all) => each >= 0 && all.indexOf(each) === index);
  // The first of every 40 packages stand on nothing, as leaves of the repository do.
  const lib = compile(at, at % 40 < 10 ? [] : below.map((each, n) => libraryAt(each).as(`${n}`)));
  libraries.push(lib);
  targets.push(pack(lib), lint(at), test(lib, 1), test(lib, 2), test(lib, 3));
}
const describeMs = performance.now() - described;

const rows = [];
for (const slots of workers.map(Number)) {
  const began = performance.now();
  const { makespanMs, utilisation, criticalMs } = await simulate(targets, {
    slots,
    durations: (name, label) => durationOf(name, label),
  });
  rows.push({ slots, makespanMs, utilisation, criticalMs, tookMs: performance.now() - began });
}
const maxRssMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ stages: count * 6, describeMs, rows, maxRssMb })}\n`);

/**
 * Log-normal, from the name of the call.
 *
 * @param {string} name
 * @param {string} label
 * @returns {number} milliseconds
 */
function durationOf(name, label) {
  const { median, spread } = durations[/** @type {keyof typeof durations} */ (name)];
  const seed = Number(label.split("#")[1] ?? 1);
  const [u, v] = [uniform(seed, 11), uniform(seed, 13)];
  const normal = Math.sqrt(-2 * Math.log(Math.max(u, 1e-9))) * Math.cos(2 * Math.PI * v);
  return 1000 * median * Math.exp(spread * normal);
}

/**
 * A number from 0 to 1 that follows from two others.
 *
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function uniform(a, b) {
  let hash = Math.imul(a + 1, 0x9e37_79b1) ^ Math.imul(b + 1, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a_2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/**
 * @param {number} at
 * @returns {File}
 */
function libraryAt(at) {
  const library = libraries[at];
  if (library === undefined) throw new RangeError(`there is no package ${at}`);
  return library;
}
