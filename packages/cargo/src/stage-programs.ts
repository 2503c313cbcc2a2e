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
  | "command"
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

/** A bundle brings its own programs, each in one file that is no module. */
const isBundled = dirname(fileURLToPath(import.meta.url)).endsWith(join("dist", "bundle"));
const extension = isBundled ? "cjs" : "js";

/** Compiled programs. The way there begins at the manifest, for this may be a module that is not compiled. */
const programs = source(
  new URL(
    isBundled ? "dist/bundle/programs" : "dist/programs",
    urlOf("@ashlar/cargo/package.json"),
  ),
  { include: [`*.${extension}`], gitignore: false },
);

const manifest = text('{ "type": "module" }\n');

/** The one package that they import, as one file. */
const toml = source(new URL("../", urlOf("smol-toml")), {
  include: ["package.json", "dist/index.cjs"],
  gitignore: false,
});

/** What programs are told. Each knows its own. */
export interface ProgramParameters {
  /** For cargo. */
  readonly args?: readonly string[];
  /** For cargo, which is run once for each. */
  readonly passes?: readonly (readonly string[])[];
  readonly [name: string]: unknown;
}

/** Programs that run cargo in a target directory. */
const building: ReadonlySet<ProgramName> = new Set<ProgramName>([
  "build-deps",
  "build-inner",
  "cargo",
  "coverage",
  "doc",
  "install",
  "nextest",
  "tests",
]);

/**
 * Starts a program that runs cargo, and has cargo ask the compiler meanwhile what it asks first of all
 * (`programs/early-answers.ts`). The program hears of the end of it by the end of its standard input.
 */
export const startScript = `program=$1 parameters=$2
shift 2
CARGO_TARGET_DIR=../home CARGO_BUILD_BUILD_DIR=../home \\
  cargo tree --locked --offline --manifest-path ../programs/nothing/Cargo.toml "$@" 2> /dev/null |
  node "../programs/$program" "$parameters"
`;
const start = text(startScript);

/** A workspace of its own. Cargo looks for its library only when it compiles it. */
const nothing = {
  manifest: text(`[package]
name = "nothing"
edition = "2021"

[lib]
path = "none.rs"

[workspace]
`),
  lock: text(`version = 3

[[package]]
name = "nothing"
version = "0.0.0"
`),
};

/** Lays a program and what it imports in an input root: that file alone, where it is one. */
export function programRoot(name: ProgramName): Readonly<Record<string, Artifact>> {
  const program = `${name}.${extension}`;
  return {
    ...(isBundled ? { [`programs/${program}`]: programs.file(program) } : { programs }),
    "programs/package.json": manifest,
    "programs/node_modules/smol-toml": toml,
    ...(building.has(name) && {
      "programs/start.sh": start,
      "programs/nothing/Cargo.toml": nothing.manifest,
      "programs/nothing/Cargo.lock": nothing.lock,
    }),
  };
}

/** The words that start a program in the working directory `ws`. Parameters are passed as JSON. */
export function programWords(name: ProgramName, parameters: ProgramParameters): readonly string[] {
  const json = JSON.stringify(parameters);
  if (!building.has(name)) return ["node", `../programs/${name}.${extension}`, json];
  const { args = [], passes: [first = []] = [] } = parameters;
  return [
    "sh",
    "../programs/start.sh",
    `${name}.${extension}`,
    json,
    ...platformIn([...first, ...args]),
  ];
}

/** The platform that cargo is to compile for: the compiler is asked about it, too. */
function platformIn(args: readonly string[]): readonly string[] {
  const at = args.indexOf("--target");
  return at === -1 || args.slice(0, at).includes("--") ? [] : args.slice(at, at + 2);
}

function urlOf(module: string): URL {
  return pathToFileURL(resolve(module));
}
