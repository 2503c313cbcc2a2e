/**
 * Known mistakes: what cargo and the compiler say when somebody has made one, and the way out.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import { globOf } from "./glob-of.ts";
import type { Locals } from "./locals.ts";
import { nearest } from "./nearest.ts";
import { catchOutput } from "./process.ts";
import { asTable, readToml } from "./table.ts";

/** What is known of the workspace in which something went wrong. */
export type KnownOfWorkspace = Pick<Locals, "packages"> & Partial<Pick<Locals, "root">>;

type Hint = (match: RegExpExecArray, known: KnownOfWorkspace, text: string) => string | undefined;

/** Words of tools that found no network. */
const NO_NETWORK =
  /could not resolve host|failed to lookup address|temporary failure in name resolution|network is unreachable|name or service not known|dns error/i;

/** Words of build scripts that could not start a program, the clearest first. */
const NO_PROGRAM: readonly RegExp[] = [
  /is `([\w.+-]+)` not installed\?/,
  /`([\w.+-]+)`? command could not be (?:run|found)/,
  /[Cc]ould not run `(?:[A-Z_]+="[^"]*" )*"?([\w.+-]+)"? /,
  /[Ff]ailed to (?:execute|run|spawn|start|find)(?: command| tool)?[:.]? [`"']([\w.+-]+)/,
  /([\w.+-]+): (?:command )?not found/,
  /`([\w.+-]+)`(?: utility)?\s+could not\s+be\s+found/,
  /[Cc]ould not find `([\w+-]+)`/,
];

/** The same, and what it was is left to the reader. */
const LACKS_SOMETHING = /kind: NotFound|\(os error 2\)/;

/** Words of build scripts that could not find a library of the system. */
const NO_LIBRARY: readonly RegExp[] = [
  /system library `([^`]+)` required by crate/,
  /[Uu]nable to find (libclang)/,
  /Could not find directory of (\w+) installation/,
];

const ofTheSystem =
  "which is no part of a workspace, and stages see it where the system has it: install what it is developed against " +
  "(on Debian a package `lib…-dev`), or tell the script by `env` of the workspace where it lies, as its log says";

const mistakes: readonly (readonly [RegExp, Hint])[] = [
  [
    /package ID specification `([^`]+)` did not match any packages/,
    ([, name = ""], { packages }) =>
      mean(
        "package",
        name,
        packages.map((one) => one.name),
      ),
  ],
  [
    /(?:does not contain this feature|do(?:es)? not contain these features|contains? (?:this|these) features?): ([^\s,]+)/,
    ([, name = ""], known) => mean("feature", name.split("/").at(-1) ?? "", featuresOf(known)),
  ],
  [
    /with feature `([^`]+)` but `[^`]+` does not have that feature/,
    ([, name = ""], known) => mean("feature", name, featuresOf(known)),
  ],
  [
    /profile `([^`]+)` is not defined/,
    ([, name = ""], known) => mean("profile", name, profilesOf(known)),
  ],
  [
    /no (bin|example|test|bench) target named `([^`]+)`/,
    ([, kind = "", name = ""], { packages }) => {
      const targets = packages.flatMap((one) => one.targets);
      const known = targets.filter((one) => one.kind.includes(kind)).map((one) => one.name);
      return mean(`${kind} target`, name, known);
    },
  ],
  [
    /could not find specification for target "([^"]+)"/,
    ([, triple = ""]) => {
      const { stdout } = catchOutput("rustc", ["--print", "target-list"]);
      const guess = nearest(triple, stdout.split("\n").filter(Boolean));
      return guess === undefined
        ? `rustc knows no target \`${triple}\`; \`rustc --print target-list\` names those that there are`
        : `rustc knows no target \`${triple}\`; did you mean \`${guess}\`?`;
    },
  ],
  [
    /lock file .* needs to be updated|cannot update the lock file/,
    () =>
      "Cargo.lock does not fit the manifests: bring it up to date with `cargo update --workspace`",
  ],
  [
    /no such command: `([^`]+)`/,
    ([, name = ""]) =>
      `there is no alias \`${name}\` in \`.cargo/config.toml\`; if it is a program, it must be declared: \`tools: [tool.host("cargo-${name}")]\``,
  ],
  [/couldn't read `([^`]+)`/, ([, path = ""]) => unread(path)],
  [
    /can't find crate for `(?:core|std)`(?:[^]*?the `([^`]+)` target may not be installed)?/,
    ([, triple = "<triple>"]) =>
      `the toolchain has no standard library for this target: \`rustup target add ${triple}\`, for the toolchain that is used here`,
  ],
  [
    /rustc (\S+) is not supported by the following package/,
    ([, release = ""]) =>
      `the toolchain is older than the \`rust-version\` of a package, which cargo names above: take a newer one than ${release}, by \`toolchain\``,
  ],
  [
    /(?:cannot find|unable to find library) -l([\w.+-]+)/,
    ([, name = ""]) => `the linker finds no \`lib${name}\`, ${ofTheSystem}`,
  ],
  [
    /failed to run custom build command for `([^`(]+?)(?: \([^`]*)?`/,
    ([, crate = ""], _, text) => {
      const script = `the build script of ${crate}`;
      if (NO_NETWORK.test(text)) {
        return `${script} wants the network, which stages do not have: put the file into \`src\`, with \`fetch\` and \`merge\`, and tell the script by \`env\` where it is`;
      }
      const name = firstIn(text, NO_PROGRAM);
      const library = firstIn(text, NO_LIBRARY);
      if (name === undefined && library !== undefined)
        return `${script} wants \`${library}\`, ${ofTheSystem}`;
      if (name === undefined && !LACKS_SOMETHING.test(text)) return undefined;
      const tool = name === undefined ? 'tool.host("…")' : `tool.host("${name}")`;
      return `${script} starts a program that is not there: stages have those that are declared, so add \`tools: [${tool}]\` to \`cargo({ … })\`, or \`unixTools\` for the usual ones`;
    },
  ],
];

/** The way out of the first known mistake in what cargo said; `undefined` where none is known. */
export function knownHint(text: string, known: KnownOfWorkspace): string | undefined {
  for (const [pattern, hint] of mistakes) {
    const match = pattern.exec(text);
    const found = match && hint(match, known, text);
    if (typeof found === "string") return found;
  }
  return undefined;
}

/** What the first fitting pattern names. */
function firstIn(text: string, patterns: readonly RegExp[]): string | undefined {
  return patterns.map((pattern) => pattern.exec(text)?.[1]).find((name) => name !== undefined);
}

/** A sentence that answers an unknown name. */
export function mean(what: string, wanted: string, known: readonly string[]): string {
  const guess = nearest(wanted, known);
  const none = `there is no ${what} \`${wanted}\``;
  if (guess !== undefined) return `${none}; did you mean \`${guess}\`?`;
  const all = [...new Set(known)].toSorted().join(", ");
  return all === "" ? `${none}, nor any other` : `${none}; there are: ${all}`;
}

function featuresOf({ packages }: KnownOfWorkspace): readonly string[] {
  return packages.flatMap((one) => one.features);
}

function profilesOf({ root }: KnownOfWorkspace): readonly string[] {
  const manifest = join(root ?? ".", "Cargo.toml");
  const own = existsSync(manifest) ? asTable(readToml(manifest)["profile"]) : undefined;
  return ["dev", "release", "test", "bench", ...Object.keys(own ?? {})];
}

function unread(place: string): string {
  const path = relative(process.cwd(), resolve(place));
  return path.startsWith("..")
    ? `\`${path}\` is outside of the sources: take a folder that holds it as \`src\``
    : `\`${path}\` is not among the sources: \`.gitignore\`, \`include\` or \`exclude\` keeps it out; add \`${globOf(path)}\` to \`include\``;
}
