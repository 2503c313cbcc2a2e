/**
 * Functions: stages that are JavaScript, in each of the three ways. Run it twice, then edit
 * `functions/lib/words.mjs`.
 *
 * @module
 */
import { all, build, source } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

import { seen, wordsOf } from "./functions-pipeline.ts";

const words = wordsOf(source.file(new URL("../functions/poem.txt", import.meta.url)));

await using runner = localRunner();
const report = await build(all(words), { runner });
console.log(seen.join(""));
console.log({ ran: report.ran, reused: report.reused });
