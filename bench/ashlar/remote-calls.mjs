/**
 * What a build costs a remote cache: calls, blobs and bytes for each stage.
 *
 *     node remote-calls.mjs FOLDER STAGES
 *
 * Commands take no time, and write a line each. Builds into the cache, from it into a new store, and once more after an edit of one
 * source. The cache is a folder; it is counted what it is asked for. Prints one line of JSON.
 *
 * @module
 */
import { join } from "node:path";

import { inputsOf, lastLayer } from "../graph/shape.mjs";
import { DiskStore, build, digestBytes, out, sh, stage, text } from "./api.mjs";
import { bundleOf } from "./bundle-of.mjs";

/**
 * @typedef {import("./api.mjs").File} File
 * @typedef {import("./api.mjs").Runner} Runner
 */

/** @type {typeof import("../../packages/runners/remote/dist/index.js")} */
const { sharedFolder, withRemote } = await import(bundleOf("runners/remote"));

const [folder = ".", stages = "1000"] = process.argv.slice(2);
const count = Number(stages);
const nothing = digestBytes(new Uint8Array());

/** Writes what its second argument says, at once. @type {Runner} */
const instantRunner = {
  name: "instant",
  platform: [],
  hermeticity: "declared",
  async run({ argv, outputs }, { content }) {
    const digest = await content.write(Buffer.from(`output ${argv[1] ?? ""} line\n`));
    const [output] = outputs;
    return {
      exitCode: 0,
      endedBy: undefined,
      outputs: new Map(
        output === undefined ? [] : [[output.path, { kind: "file", digest, isExecutable: false }]],
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

/** @param {string} edit */
function targetsOf(edit) {
  /** @type {File[]} */
  const files = [];
  for (let at = 0; at < count; at++) {
    const below = inputsOf(at).map((input, slot) =>
      /** @type {File} */ (files[input]).as(`${slot}`),
    );
    const source = text(`source ${at}${at === 7 ? edit : ""}\n`).as("source.txt");
    files.push(head(at, source, below));
  }
  return lastLayer(count).map((at) => /** @type {File} */ (files[at]));
}

const cache = sharedFolder(join(folder, "cache"));

/**
 * @param {string} name
 * @param {string} edit
 * @param {"needed" | "targets"} [fetch]
 */
async function measure(name, edit, fetch = "targets") {
  const counts = { lookUps: 0, asked: 0, readBlobs: 0, readBytes: 0, wroteBlobs: 0, wroteBytes: 0 };
  const counted = counting(cache, counts);
  const store = withRemote(new DiskStore(join(folder, name)), counted, { write: true, fetch });
  const report = await build(targetsOf(edit), { runner: instantRunner, store, slots: 8 });
  await store[Symbol.asyncDispose]();
  return { name, ran: report.ran.length, ...counts };
}

/**
 * @param {typeof cache} service
 * @param {Record<string, number>} counts
 */
function counting(service, counts) {
  const add = (/** @type {string} */ what, /** @type {number} */ n) =>
    (counts[what] = (counts[what] ?? 0) + n);
  /** @type {typeof cache} */
  const counted = {
    name: service.name,
    abilities: async (context) => await service.abilities(context),
    missing: async (digests, context) => {
      add("asked", digests.length);
      return await service.missing(digests, context);
    },
    readAll: async (digests, context) => {
      const blobs = await service.readAll(digests, context);
      for (const bytes of blobs.values()) {
        add("readBlobs", 1);
        add("readBytes", bytes.byteLength);
      }
      return blobs;
    },
    read: async (digest, offset, context) => {
      add("readBlobs", 1);
      return await service.read(digest, offset, context);
    },
    writeAll: async (blobs, context) => {
      for (const bytes of blobs.values()) {
        add("wroteBlobs", 1);
        add("wroteBytes", bytes.byteLength);
      }
      await service.writeAll(blobs, context);
    },
    write: async (digest, open, context) => {
      add("wroteBlobs", 1);
      await service.write(digest, open, context);
    },
    getResult: async (key, context) => {
      add("lookUps", 1);
      return await service.getResult(key, context);
    },
    putResult: async (key, message, context) => {
      add("wroteBlobs", 1);
      add("wroteBytes", message.byteLength);
      await service.putResult(key, message, context);
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return counted;
}

const rows = [
  await measure("first", ""),
  await measure("elsewhere", ""),
  await measure("edited", " edited"),
];
process.stdout.write(`${JSON.stringify({ rows })}\n`);
