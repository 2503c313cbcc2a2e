/**
 * The programs that run inside of cargo stages, as inputs of those stages.
 *
 * They are part of the key like any input: another version of a program re-runs the stages that it
 * works in, and no others.
 *
 * @module
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { source, text, type Artifact } from "@ashlar/core";

/** Names of the programs. */
export type ProgramName =
  | "build-deps"
  | "build-inner"
  | "cargo"
  | "coverage"
  | "doc"
  | "dummy-source"
  | "git-crates"
  | "install"
  | "nextest"
  | "subset"
  | "subset-lock"
  | "tests";

const { resolve } = createRequire(import.meta.url);

/** A bundle brings its own programs, each in one file. */
const isBundled = dirname(fileURLToPath(import.meta.url)).endsWith(join("dist", "bundle"));

/** Compiled programs. The way there begins at the manifest, for this may be a module that is not compiled. */
const programs = source(
  new URL(
    isBundled ? "dist/bundle/programs" : "dist/programs",
    urlOf("@ashlar/cargo/package.json"),
  ),
  { include: ["*.js"], gitignore: false },
);

const manifest = text('{ "type": "module" }\n');

/** The one package that they import, as one file. */
const toml = source(new URL("../", urlOf("smol-toml")), {
  include: ["package.json", "dist/index.cjs"],
  gitignore: false,
});

/** Lays a program and what it imports in an input root: that file alone, where it is one. */
export function programRoot(name: ProgramName): Readonly<Record<string, Artifact>> {
  const program = `${name}.js`;
  return {
    ...(isBundled ? { [`programs/${program}`]: programs.file(program) } : { programs }),
    "programs/package.json": manifest,
    "programs/node_modules/smol-toml": toml,
  };
}

/** The words that start a program in the working directory `ws`. Parameters are passed as JSON. */
export function programWords(name: ProgramName, parameters: object): readonly string[] {
  return ["node", `../programs/${name}.js`, JSON.stringify(parameters)];
}

function urlOf(module: string): URL {
  return pathToFileURL(resolve(module));
}
