/**
 * Embedding: a tool that builds inside of itself, shows progress in its own way, and can be stopped.
 *
 * @module
 */
import { renderError, source, tryBuild, type BuildEvent } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

import { site } from "./site.ts";

const { packed } = site(source(new URL("../hello", import.meta.url)));
const stop = new AbortController();
process.once("SIGINT", () => stop.abort(new Error("interrupted")));

function onEvent(event: BuildEvent): void {
  if (event.type === "stage-started") console.log(`> ${event.argv.join(" ")}`);
  if (event.type === "stage-output") process.stdout.write(event.text);
  if (event.type === "stage-settled") console.log(`${event.name}: ${event.outcome}`);
}

await using runner = localRunner();
const report = await tryBuild(packed, { runner, onEvent, signal: stop.signal });
for (const error of report.errors) console.error(renderError(error));
process.exitCode = report.ok ? 0 : 1;
