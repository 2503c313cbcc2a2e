/**
 * The wording of errors about build files, targets and what people type.
 *
 * @module
 */
import { BuildError } from "@ashlar/core";

import { listed, nearest } from "./nearest.ts";

/** No build file, where one was looked for. */
export function buildFileMissing(seen: {
  readonly name: string;
  readonly from: string;
  readonly isNamed: boolean;
}): BuildError {
  const { name, from, isNamed } = seen;
  return new BuildError({
    code: "BUILD_FILE_MISSING",
    message: isNamed
      ? `there is no file \`${name}\``
      : `there is no \`${name}\` here, nor in a directory above`,
    facts: { "looked in": from },
    hint: isNamed
      ? "check the path after `--file`; it starts where you are"
      : "write one with `ashlar init`, or name another file with `--file`",
  });
}

/** There is something where a new file or folder is to be. */
export function pathTaken(path: string, what: string): BuildError {
  return new BuildError({
    code: "PATH_TAKEN",
    message: `\`${path}\` exists, and ${what} would replace it`,
    hint: "remove it, or name another place",
  });
}

/** The build file, or a module that it imports, is not TypeScript. */
export function buildFileSyntax(seen: {
  readonly place: string;
  readonly problem: string;
  readonly frame: string | undefined;
}): BuildError {
  return new BuildError({
    code: "BUILD_FILE_SYNTAX",
    message: `\`${seen.place}\` cannot be read: ${seen.problem}`,
    facts: { code: seen.frame },
    hint: "correct the line; nothing was run",
  });
}

/** The build file threw something while it was loaded. */
export function buildFileFailed(seen: {
  readonly file: string;
  readonly thrown: string;
  readonly place: string | undefined;
  readonly frame: string | undefined;
  readonly hint: string | undefined;
  readonly cause: unknown;
}): BuildError {
  const { file, thrown, place, frame, hint, cause } = seen;
  return new BuildError({
    code: "BUILD_FILE_FAILED",
    message: `\`${file}\` threw an error while it was loaded`,
    facts: { error: thrown, at: place, code: frame },
    hint: hint ?? "a build file describes a build: nothing was run, and nothing has to be undone",
    cause,
  });
}

/** Types do not fit, says the project's own TypeScript. */
export function buildFileTypes(seen: {
  readonly file: string;
  readonly problems: readonly string[];
}): BuildError {
  const { file, problems } = seen;
  return new BuildError({
    code: "BUILD_FILE_TYPES",
    message: `the types of \`${file}\` do not fit`,
    facts: { problems: problems.join("\n") },
    hint: "a build reads the file without its types, and may fail at what they warn of",
  });
}

/** Nothing that could be built is exported. */
export function buildFileEmpty(file: string, exported: readonly string[]): BuildError {
  return new BuildError({
    code: "BUILD_FILE_EMPTY",
    message: `\`${file}\` exports nothing that can be built`,
    facts: { exports: exported.join(", ") || "none" },
    hint: "export what a stage gives: `export const app = compile({ src });`. The stage itself is no target, its call is one",
  });
}

/** A promise is exported: what it stands for is not known. */
export function buildFilePromise(file: string, name: string): BuildError {
  return new BuildError({
    code: "BUILD_FILE_PROMISE",
    message: `export \`${name}\` of \`${file}\` is a promise`,
    hint: `await it: \`export const ${name.split(".")[0] ?? name} = await …\`. Modules may await at their top`,
  });
}

/** The build file has its handles from another copy of the core. */
export function coreTwice(file: string, name: string): BuildError {
  return new BuildError({
    code: "CORE_TWICE",
    message: `export \`${name}\` of \`${file}\` was made by another copy of \`@ashlar/core\``,
    hint: "install `@ashlar/cli` in the project, beside `@ashlar/core`, and run it from there: `npx ashlar`",
  });
}

/** A name that is no target. */
export function targetUnknown(name: string, names: readonly string[]): BuildError {
  return new BuildError({
    code: "TARGET_UNKNOWN",
    message: `there is no target \`${name}\``,
    facts: { targets: listed(names) },
    hint: guess(nearest(name, names)) ?? "`ashlar completion targets` lists them all",
  });
}

/** A target stands for several things, or for none that has content. */
export function targetUnfit(name: string, wanted: string, hint: string): BuildError {
  return new BuildError({
    code: "TARGET_UNFIT",
    message: `target \`${name}\` is not ${wanted}`,
    hint,
  });
}

/** A name that no stage has. */
export function stageUnknown(name: string, names: readonly string[]): BuildError {
  return new BuildError({
    code: "STAGE_UNKNOWN",
    message: `there is no stage \`${name}\``,
    facts: { stages: listed(names) },
    hint: guess(nearest(name, names)) ?? "`ashlar plan` lists them all",
  });
}

/** Two stages that people cannot tell apart. */
export function stageNameTwice(name: string, places: readonly string[]): BuildError {
  return new BuildError({
    code: "STAGE_NAME_TWICE",
    message: `${places.length} stages are called \`${name}\``,
    facts: { "declared at": places.join("\n") },
    hint: "give each a name of its own: logs, plans and `ashlar shell` know a stage by its name",
  });
}

/** Nothing is known of a build here. */
export function buildUnknown(file: string): BuildError {
  return new BuildError({
    code: "BUILD_UNKNOWN",
    message: `the store knows no build of \`${file}\``,
    hint: "build something first: `ashlar build`",
  });
}

/** A name that no error has. */
export function errorCodeUnknown(code: string, codes: readonly string[]): BuildError {
  return new BuildError({
    code: "ERROR_CODE_UNKNOWN",
    message: `there is no error \`${code}\``,
    hint:
      guess(nearest(code, codes)) ?? "an error prints its code in brackets: `error[STAGE_FAILED]`",
  });
}

/** Something that was asked for in a file cannot be written. */
export function reportUnwritable(path: string, cause: unknown): BuildError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BuildError({
    code: "REPORT_UNWRITABLE",
    message: `\`${path}\` cannot be written`,
    facts: { reason },
    hint: "see whether the disk has room, and whether you may write there; what was built is in the store all the same",
    cause,
  });
}

/** What was typed makes no sense. */
export function commandLine(problem: string, hint: string): BuildError {
  return new BuildError({ code: "COMMAND_LINE", message: problem, hint });
}

function guess(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return `did you mean ${names.map((name) => `\`${name}\``).join(" or ")}?`;
}
