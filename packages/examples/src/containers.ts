/**
 * Containers: the pipeline of `site.ts` on this machine, and in a container of an image that has Node.
 *
 *     node packages/examples/dist/containers.js
 *     node packages/examples/dist/containers.js docker node:22-slim
 *
 * The stages are the same. What they run in is part of their keys, so each place has results of its own.
 *
 * @module
 */
import { all, build, source } from "@ashlar/core";
import { containerRunner } from "@ashlar/runner-container";
import { localRunner } from "@ashlar/runner-local";

import { check, render } from "./site.ts";

const [engine, image = "node:22-slim"] = process.argv.slice(2);

const src = source(new URL("../hello", import.meta.url));
const page = render(src);
const checked = check(src.file("check.mjs"), page);

await using runner =
  engine === undefined ? localRunner() : await containerRunner({ engine, image });
const report = await build(all({ page, checked }), { runner });
for (const { name, outcome, ranBy } of report.stages) console.log(`${name}: ${outcome} (${ranBy})`);
console.log(`page: ${await report.digest(page)}`);
