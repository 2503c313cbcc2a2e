/**
 * The scripts in `ashlar/`, each a process of its own.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { run } from "../measure/child.mjs";

const manifest = new URL("../../packages/core/package.json", import.meta.url);

/**
 * Runs a script to its end.
 *
 * @param {string} name of the file in `ashlar/`, without its extension
 * @param {readonly (string | number)[]} words
 * @returns {import("../measure/child.mjs").Finished}
 */
export function runScript(name, words) {
  const script = fileURLToPath(new URL(`../ashlar/${name}.mjs`, import.meta.url));
  return run([process.execPath, "--conditions=@ashlar/bundle", script, ...words.map(String)]);
}

/**
 * The version that is measured.
 *
 * @returns {string}
 */
export function ashlarVersion() {
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}
