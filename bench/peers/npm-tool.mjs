/**
 * Tools that come from npm: installed once in a bench, outside of the workspace.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { run } from "../measure/child.mjs";

/** The latest of each that runs on Node 20. */
const versions = { turbo: "2.11.11", wireit: "0.14.13" };

/**
 * Installs a tool, unless that was done or tried before.
 *
 * @param {"turbo" | "wireit"} name
 * @param {string} tools
 * @returns {string | undefined} its version; `undefined` when it cannot be installed
 */
export function installed(name, tools) {
  const folder = join(tools, name);
  const manifest = join(folder, "node_modules", name, "package.json");
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    try {
      const options = ["--no-audit", "--no-fund", "--loglevel=error"];
      run(["npm", "install", ...options, `${name}@${versions[name]}`], { cwd: folder });
    } catch {
      return undefined;
    }
  }
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : undefined;
}

/**
 * A program of a tool.
 *
 * @param {string} name
 * @param {string} tools
 * @returns {string} absolute
 */
export function binOf(name, tools) {
  return join(tools, name, "node_modules/.bin", name);
}
