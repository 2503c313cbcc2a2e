/**
 * Bundles packages for those who install them: what is needed at once is one file, and what is imported when it
 * is first needed, others.
 *
 *     dist/**.js ─▶ dist/bundle/index.js, testing.js, chunk-*.js     with source maps
 *     dist/programs/**.js ─▶ dist/bundle/programs/*.cjs              what runs inside of stages
 *
 * Of the modules, a script that imports the core and the local runner loads in 46 ms; of the bundles, in 24.
 * In the workspace everybody uses the modules, unless asked for the condition `@ashlar/bundle`;
 * `publishConfig.exports` leads to the bundle, and pnpm puts that into what it publishes.
 * Dependencies stay imports. Comments are left out, for they take time to read; the sources are published.
 *
 * @module
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { rolldown } from "rolldown";

import { writePage } from "./bundle-page.mjs";
import { root } from "./child.mjs";

/** The packages that a build loads before it knows whether there is anything to do, and the command line. */
const bundled = [
  "packages/core",
  "packages/runners/local",
  "packages/runners/remote",
  "packages/cargo",
  "packages/cli",
];

/**
 * Bundles a package that is compiled.
 *
 * @param {string} folder of the package, absolute
 * @param {string} to folder for the bundle, absolute
 */
export async function bundlePackage(folder, to) {
  rmSync(to, { recursive: true, force: true });
  const entries = entriesOf(folder);
  const bundle = await rolldown({
    input: entries,
    platform: "node",
    external: /^[^./]/,
    tsconfig: false,
    plugins: [{ name: "source maps", load: readCompiled }],
  });
  await bundle.write({
    dir: to,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunk-[hash].js",
    sourcemap: true,
    comments: false,
    // All that the main entry needs at once is one file: each further one takes a millisecond to load.
    codeSplitting: {
      groups: [{ name: "main", test: (id) => id === (entries["bin"] ?? entries["index"]) }],
    },
  });
  await bundle.close();
  await bundlePrograms(folder, to);
  // The command line prints the pages of errors.
  if ("bin" in entries)
    cpSync(join(root, "docs/errors"), join(folder, "dist/errors"), { recursive: true });
}

/**
 * Bundles the programs that a package runs inside of stages, if it has any: one file for each, and no module, for a command
 * waits for all that is loaded.
 *
 * @param {string} folder of the package, absolute
 * @param {string} to folder for the bundle, absolute
 */
async function bundlePrograms(folder, to) {
  const programs = join(folder, "dist/programs");
  if (!existsSync(programs)) return;
  const modules = readdirSync(programs).filter((name) => name.endsWith(".js"));
  for (const name of modules) {
    if (!readFileSync(join(programs, name), "utf8").includes("\nrunProgram(")) continue;
    const bundle = await rolldown({
      input: join(programs, name),
      platform: "node",
      external: /^[^./]/,
      tsconfig: false,
    });
    const file = join(to, "programs", `${basename(name, ".js")}.cjs`);
    await bundle.write({ file, format: "cjs", comments: false });
    await bundle.close();
  }
}

/**
 * A module with the map that leads on to its source.
 *
 * @param {string} path
 */
function readCompiled(path) {
  return { code: readFileSync(path, "utf8"), map: readFileSync(`${path}.map`, "utf8") };
}

/**
 * The entries of a package: by the name of the bundle, its module.
 *
 * @param {string} folder
 * @returns {Record<string, string>}
 */
function entriesOf(folder) {
  const { exports, bin = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  /** @type {Record<string, string>} */
  const entries = {};
  for (const target of Object.values(exports)) {
    const path = target["@ashlar/bundle"];
    if (path !== undefined) entries[basename(path, ".js")] = join(folder, target.default);
  }
  for (const path of Object.values(bin)) entries["bin"] = join(folder, path);
  return entries;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const each of bundled) {
    await bundlePackage(join(root, each), join(root, each, "dist/bundle"));
  }
  await writePage();
}
