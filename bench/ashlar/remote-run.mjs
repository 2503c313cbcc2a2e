/**
 * Some commands that do next to nothing, beside each other, in a new store: here, or by a service.
 *
 *     node remote-run.mjs FOLDER COUNT [ADDRESS]
 *
 * Prints how long the build took, from the call to the report, in milliseconds, as JSON.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build, out, sh, source, stage } from "./api.mjs";
import { bundleOf } from "./bundle-of.mjs";

/** @typedef {import("./api.mjs").File} File */

/** @type {typeof import("../../packages/runners/remote/dist/index.js")} */
const { remoteCache, remoteRunner, withRemote } = await import(bundleOf("runners/remote"));
/** @type {typeof import("../../packages/runners/local/dist/index.js")} */
const { localRunner } = await import(bundleOf("runners/local"));

const [folder = ".", many = "20", address = ""] = process.argv.slice(2);

const project = join(folder, "project");
mkdirSync(project, { recursive: true });
writeFileSync(join(project, "text"), "a line\n");

// Services remember what they have executed.
const run = randomUUID();
const script = 'cat "$0" > "$1"; echo "$2" >> "$1"';
const copy = stage(
  "copy",
  (/** @type {File} */ text, /** @type {number} */ at) =>
    sh`sh -c ${script} ${text.as("text")} ${out.file("copy")} ${`${run} ${at}`}`,
);
const targets = Array.from({ length: Number(many) }, (_, at) => copy(source.file("text"), at));
const local = join(folder, "store");
const store = address === "" ? local : withRemote(local, remoteCache(address));
const runner =
  address === ""
    ? localRunner({ sandbox: "none" })
    : remoteRunner({ endpoint: address, platform: {} });
const began = performance.now();
const report = await build(targets, { runner, cwd: project, slots: 4, store });
const ms = performance.now() - began;
if (report.ran.length !== targets.length) throw new Error(`${report.ran.length} commands ran`);
await runner[Symbol.asyncDispose]();
if (typeof store !== "string") await store[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify({ ms })}\n`);
