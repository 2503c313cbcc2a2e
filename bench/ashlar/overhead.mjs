/**
 * What the engine itself costs: a build on a runner that takes no time.
 *
 *     node overhead.mjs STAGES [STORE]
 *
 * Sources are texts, and the store is in memory unless one is named: no disk is involved. Builds twice,
 * the second time from what the first one left. Prints one line of JSON.
 *
 * @module
 */
import { inputsOf, lastLayer } from "../graph/shape.mjs";
import { DiskStore, MemoryStore, build, digestBytes, out, sh, stage, text } from "./api.mjs";

/**
 * @typedef {import("./api.mjs").File} File
 * @typedef {import("./api.mjs").Runner} Runner
 */

const nothing = digestBytes(new Uint8Array());

/** Writes what its second argument says, at once. @type {Runner} */
const instantRunner = {
  name: "instant",
  platform: [],
  hermeticity: "mock",
  async run({ argv, outputs }, { content }) {
    const digest = await content.write(Buffer.from(contentOf(argv[1] ?? "")));
    return {
      exitCode: 0,
      endedBy: undefined,
      outputs: new Map(
        outputs.map(({ path }) => [path, { kind: "file", digest, isExecutable: false }]),
      ),
      written: [],
      stdout: nothing,
      stderr: nothing,
      startedAt: 0,
      finishedAt: 0,
    };
  },
  async [Symbol.asyncDispose]() {},
};

const head = stage(
  "head",
  (/** @type {number} */ at, /** @type {File} */ from, /** @type {readonly File[]} */ below) =>
    sh`head ${at} ${from} ${below} ${out.file("out.txt")}`,
);

const [stages = "10000", folder] = process.argv.slice(2);
const count = Number(stages);
const store = folder === undefined ? new MemoryStore() : new DiskStore(folder);
const options = { runner: instantRunner, store, slots: 2 };

const began = performance.now();
/** @type {File[]} */
const files = [];
for (let at = 0; at < count; at++) {
  const below = inputsOf(at).map((input, slot) => fileAt(input).as(`${slot}.txt`));
  files.push(head(at, text(`source ${at}\n`).as("source.txt"), below));
}
const targets = lastLayer(count).map(fileAt);
const described = performance.now();
const first = await build(targets, options);
const built = performance.now();
const maxRssMb = process.resourceUsage().maxRSS / 1024;
const second = await build(targets, options);
const again = performance.now();

const texts = await Promise.all(targets.map((target) => first.text(target)));
const wanted = lastLayer(count).map((at) => contentOf(String(at)));
const result = {
  ran: first.ran.length,
  ranAgain: second.ran.length,
  isRight: texts.join("") === wanted.join(""),
  describeMs: described - began,
  buildMs: built - described,
  againMs: again - built,
  maxRssMb,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

/**
 * @param {number} at
 * @returns {File}
 */
function fileAt(at) {
  const file = files[at];
  if (file === undefined) throw new RangeError(`there is no stage ${at}`);
  return file;
}

/**
 * @param {string} at
 * @returns {string}
 */
function contentOf(at) {
  return `output ${at.padStart(7, "0")} line\n`;
}
