/**
 * Whole stages of a short command: inputs, `true`, and what it printed.
 *
 *     node sandbox.mjs PROJECT STAGES SANDBOX
 *
 * The project's `src` is an input of every stage. A few stages go before the clock starts. Prints one line of
 * JSON.
 *
 * @module
 */
import { MemoryStore, build, localRunner, sh, source, stage } from "./api.mjs";

const [cwd = "", stages = "100", sandbox = "none"] = process.argv.slice(2);
const count = Number(stages);
const runner = localRunner({ sandbox: sandbox === "none" ? "none" : "required" });
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
const began = performance.now();
const report = await build(
  Array.from({ length: count }, (_, at) => quiet(at)),
  options,
);
const stageMs = (performance.now() - began) / count;
await runner[Symbol.asyncDispose]();
process.stdout.write(
  `${JSON.stringify({ ran: report.ran.length, ranBy: report.stages[0]?.ranBy, stageMs })}\n`,
);
