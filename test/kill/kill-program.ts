/**
 * A program for tests: builds one variant after another, with real commands, until it is killed. It prints
 * a dot for each event, so that somebody can kill it there.
 *
 *     <store> <scratch> <variant> [once]
 *
 * @module
 */
import { writeSync } from "node:fs";

import { localRunner } from "@ashlar/runner-local";

import { buildVariant } from "./pipeline.ts";

const [store = "", scratch = "", first = "0", once] = process.argv.slice(2);
const dot = (): void => void writeSync(1, ".");
for (let variant = Number(first); ; variant++) {
  await using runner = localRunner({ scratch });
  await buildVariant(variant, { runner, store, cwd: scratch, slots: 2, onEvent: dot });
  if (once !== undefined) break;
}
