/**
 * Whole stages of a short command: inputs, `true`, and what it printed.
 *
 *     node sandbox.mjs PROJECT STAGES SANDBOX
 *
 * The project's `src` is an input of every stage. A few stages go before, and the clock starts with the first of the
 * others: looking at the files of the source is the work of the build, done once. Prints one line of JSON, with
 * the number of trees that were laid out to be shown to sandboxes.
 *
 * @module
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { MemoryStore, build, localRunner, sh, source, stage } from "./api.mjs";

const [cwd = "", stages = "100", sandbox = "none"] = process.argv.slice(2);
const count = Number(stages);
const scratch = mkdtempSync(join(tmpdir(), "scratch-"));
const runner = localRunner({ scratch, sandbox: sandbox === "none" ? "none" : "required" });
const store = new MemoryStore();
const quiet = stage("true", (/** @type {number} */ at) => {
  const options = { env: { AT: at }, root: { src: source("src") } };
  return sh(options)`true`;
});
const options = { cwd, runner, store, slots: 2 };
await build(
  Array.from({ length: 4 }, (_, at) => quiet(-1 - at)),
  options,
);
let began = 0;
const report = await build(
  Array.from({ length: count }, (_, at) => quiet(at)),
  {
    ...options,
    onEvent: ({ type }) => {
      if (type === "stage-started" && began === 0) began = performance.now();
    },
  },
);
const stageMs = (performance.now() - began) / count;
const shared = readdirSync(scratch).find((name) => name.endsWith("-shared"));
const trees = join(scratch, shared ?? "", "trees");
const laid = existsSync(trees) ? readdirSync(trees).length : 0;
await runner[Symbol.asyncDispose]();
rmSync(scratch, { recursive: true });
const ranBy = report.stages[0]?.ranBy;
process.stdout.write(`${JSON.stringify({ ran: report.ran.length, ranBy, stageMs, laid })}\n`);
