/**
 * A build script that imports a pipeline.
 *
 * @module
 */
import { build, source } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

import { site } from "./site.ts";

const { page, packed } = site(source(new URL("../hello", import.meta.url)));

await using runner = localRunner();
const report = await build([page, packed], { runner });
await report.export(page, "site/index.html");
await report.export(packed, "site/index.html.gz");
console.log(`ran: ${report.ran.join(", ") || "nothing"}`);
