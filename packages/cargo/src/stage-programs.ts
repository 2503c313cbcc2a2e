/**
 * The programs that run inside of cargo stages, as inputs of those stages.
 *
 * They are part of the key like any input: another version of a program re-runs the stages that it
 * works in, and no others.
 *
 * @module
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import { source, text, type Artifact } from "@ashlar/core";

/** Names of the programs. */
export type ProgramName =
  | "build-deps"
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

/** Compiled programs. The way there begins at the manifest, for this may be a module, or part of a bundle. */
const programs = source(new URL("dist/programs", urlOf("@ashlar/cargo/package.json")), {
  include: ["*.js"],
  gitignore: false,
});

/** The one package that they import, as one file. */
const toml = source(new URL("../", urlOf("smol-toml")), {
  include: ["package.json", "dist/index.cjs"],
  gitignore: false,
});

/** Lays the programs and what they import in an input root. */
export const programRoot: Readonly<Record<string, Artifact>> = Object.freeze({
  programs,
  "programs/package.json": text('{ "type": "module" }\n'),
  "programs/node_modules/smol-toml": toml,
});

/** The words that start a program in the working directory `ws`. Parameters are passed as JSON. */
export function programWords(name: ProgramName, parameters: object): readonly string[] {
  return ["node", `../programs/${name}.js`, JSON.stringify(parameters)];
}

function urlOf(module: string): URL {
  return pathToFileURL(resolve(module));
}
