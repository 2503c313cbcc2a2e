/**
 * The wording of every error, one function for each code.
 *
 * Takes strings and numbers only, so that it can stand below everything that fails. A message is one
 * clause that is true alone; facts say what was looked at; a hint says what to do. No secret gets in.
 *
 * @module
 */
import { closest } from "../base/closest.ts";
import { describe } from "../base/describe.ts";
import { BuildError } from "./build-error.ts";

/** A handle was asked for its content, and the command that succeeded had not written it. */
export function outputAbsent(artifact: string): BuildError {
  return new BuildError({
    code: "ARTIFACT_NOT_BUILT",
    message: `\`${artifact}\` is optional, and its command did not write it`,
    hint: "drop `optional` if it should always be there",
  });
}

/** A handle was asked for its content, and the attempt that should have made it ended otherwise. */
export function attemptWithout(artifact: string): BuildError {
  return new BuildError({
    code: "ARTIFACT_NOT_BUILT",
    message: `\`${artifact}\` is an output of an attempt that did not exit with 0, and did not write it`,
    hint: "have the stage that wants it look at `exitCode` instead, or drop `attempt` if the code should be 0",
  });
}

/** A handle was asked for its content, and this build has not made it. */
export function artifactNotBuilt(artifact: string): BuildError {
  return new BuildError({
    code: "ARTIFACT_NOT_BUILT",
    message: `\`${artifact}\` was not made by this build`,
    hint: "name it, or something that needs it, among the targets; if it is, see why its stage did not succeed",
  });
}

/** A blob that should be in the store is not, or is not what it was. */
export function blobLost(digest: string, why: string): BuildError {
  return new BuildError({
    code: "BLOB_LOST",
    message: "a blob is missing from the store, or damaged",
    facts: { digest, found: why },
    hint: "build again: what made the blob will run again",
  });
}

/** The build's signal was aborted. */
export function buildCancelled(reason: unknown): BuildError {
  return new BuildError({
    code: "BUILD_CANCELLED",
    message: "the build was cancelled",
    facts: { reason: reason instanceof Error ? reason.message : String(reason) },
    hint: "build again to go on: what had succeeded by then is reused",
    cause: reason,
  });
}

/** The program that a command starts with cannot be found. */
export function commandNotFound(seen: {
  readonly stage: string;
  readonly program: string;
  /** Names of the declared tools; `undefined` when the command has the system's. */
  readonly tools: readonly string[] | undefined;
}): BuildError {
  const { stage, program, tools } = seen;
  const guess = closest(program, tools ?? []);
  const declare = `declare it: \`tools: [tool.host(${JSON.stringify(program)})]\``;
  return new BuildError({
    code: "COMMAND_NOT_FOUND",
    message: `stage \`${stage}\` starts \`${program}\`, which is not there or not executable`,
    facts: {
      "declared tools": tools === undefined ? "none (the system's)" : tools.join(", ") || "none",
    },
    hint: program.includes("/")
      ? "check the path, which starts at the command's working directory unless it is absolute"
      : guess !== undefined
        ? `did you mean \`${guess}\`? Otherwise ${declare}`
        : tools === undefined
          ? "install it, or check the spelling"
          : declare,
  });
}

/** An export would replace something that nobody wants replaced. */
export function exportBlocked(path: string, why: string): BuildError {
  return new BuildError({
    code: "EXPORT_BLOCKED",
    message: `exporting to \`${path}\` would replace ${why}`,
    facts: { path },
    hint: "export to a place of its own, such as `dist`: what was there before is replaced as a whole",
  });
}

/** The place of an export cannot be written to. */
export function exportFailed(path: string, cause: Error): BuildError {
  return new BuildError({
    code: "EXPORT_FAILED",
    message: `\`${path}\` cannot be written`,
    facts: { reason: cause.message },
    hint: "what was there before is as it was; make room or allow writing, or export elsewhere",
    cause,
  });
}

/** A file or link has a name that no tree can hold. */
export function fileNameNotUtf8(path: string, name: Uint8Array): BuildError {
  const shown = Array.from(name, (byte) =>
    byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");
  return new BuildError({
    code: "FILE_NAME_NOT_UTF8",
    message: `a name in \`${path}\` is not UTF-8`,
    facts: { name: shown },
    hint: "rename the file, or leave it out with `exclude`",
  });
}

/** A glob has no meaning. */
export function invalidGlob(glob: string, why: string): BuildError {
  return new BuildError({
    code: "INVALID_GLOB",
    message: `the glob \`${glob}\` has no meaning`,
    facts: { reason: why },
    hint: "globs are relative and use `*`, `**`, `?`, `[...]` and `{a,b}`",
  });
}

/** The working directory of a command is not in its input root. */
export function cwdMissing(stage: string, cwd: string): BuildError {
  return new BuildError({
    code: "CWD_MISSING",
    message: `stage \`${stage}\` starts in \`${cwd}\`, which is not in its input root`,
    facts: { stage, cwd },
    hint: "lay a tree there with `root`, or correct `cwd`",
  });
}

/** An option of a call has a value that makes no sense. */
export function invalidOption(option: string, found: string, wanted: string): BuildError {
  return new BuildError({
    code: "INVALID_OPTION",
    message: `option \`${option}\` is ${found}`,
    facts: { option, found },
    hint: `it should be ${wanted}`,
  });
}

/** A text that should be a digest is none. */
export function malformedDigest(text: string): BuildError {
  return new BuildError({
    code: "MALFORMED_DIGEST",
    message: `\`${text}\` is not a digest`,
    hint: "a digest is 64 lowercase hexadecimal digits, a slash, and the size in bytes",
  });
}

/** Bytes that should be a message are none. */
export function malformedMessage(why: string): BuildError {
  return new BuildError({
    code: "MALFORMED_MESSAGE",
    message: `bytes cannot be read as a message: ${why}`,
    hint: "build again: damaged entries of a store are replaced",
  });
}

/** A line that should be an event is none. */
export function malformedEvent(place: string, why: string, cause?: unknown): BuildError {
  return new BuildError({
    code: "MALFORMED_MESSAGE",
    message: `${place} cannot be read as an event: ${why}`,
    hint: "the events before it are whole; a build that was killed may have left a part of its last line",
    cause,
  });
}

/** A path does not stay inside a tree. */
export function malformedPath(path: string, why: string): BuildError {
  return new BuildError({
    code: "MALFORMED_PATH",
    message: `\`${path}\` is not a path inside a tree: ${why}`,
    hint: "write a relative path with `/` between names",
  });
}

/** A matrix was asked for a combination that it does not have. */
export function matrixCellUnknown(cell: string, guess: string | undefined): BuildError {
  return new BuildError({
    code: "MATRIX_CELL_UNKNOWN",
    message: `the matrix has no cell \`${cell}\``,
    hint: guess === undefined ? "see its `cells`" : `did you mean \`${guess}\`?`,
  });
}

/** Something else stands where a handle belongs. */
export function notAHandle(found: unknown, where: string): BuildError {
  return new BuildError({
    code: "NOT_A_HANDLE",
    message: `${where} is ${describe(found)}, which is not a handle for that place`,
    hint: "use what a stage call, `source` or `all` returns",
  });
}

/** A value that is to become JSON has a part that JSON cannot say. */
export function notJson(place: string, found: string): BuildError {
  return new BuildError({
    code: "NOT_JSON",
    message: `${place} is ${found}, which JSON cannot say`,
    hint: "use strings, finite numbers, booleans, null, arrays and plain objects; leave a field out instead of setting it to undefined",
  });
}

/** A template holds a value that has no text. */
export function notInterpolable(found: unknown): BuildError {
  return new BuildError({
    code: "NOT_INTERPOLABLE",
    message: `a command cannot hold ${describe(found)}`,
    hint: "interpolate strings, numbers, artifacts, outputs, or lists of them; of a stage with several outputs, name the one that you mean",
  });
}

/** A template without words. */
export function noCommand(): BuildError {
  return new BuildError({
    code: "NO_COMMAND",
    message: "a command has no program to start",
    hint: "the first word of the template is the program",
  });
}

/** The runner said an action succeeded, yet a declared output is not there. */
export function outputMissing(seen: {
  readonly stage: string;
  readonly path: string;
  /** `undefined` where nobody can say. */
  readonly produced: readonly string[] | undefined;
  readonly declaredAt?: string | undefined;
}): BuildError {
  const guess = closest(seen.path, seen.produced ?? []);
  return new BuildError({
    code: "OUTPUT_MISSING",
    message: `stage \`${seen.stage}\` finished without its declared output \`${seen.path}\``,
    facts: {
      "declared at": seen.declaredAt,
      produced: seen.produced && (seen.produced.join(", ") || "nothing"),
    },
    hint:
      guess === undefined
        ? "declare only what the command writes, or check that it writes to the path it is given"
        : `the command wrote \`${guess}\`; declare that name, or make the command write \`${seen.path}\``,
  });
}

/** An input lies where an output is to be written. */
export function outputPathTaken(stage: string, output: string, path: string): BuildError {
  return new BuildError({
    code: "OUTPUT_PATH_TAKEN",
    message: `stage \`${stage}\` declares output \`${output}\` at \`${path}\`, where an input lies`,
    facts: { stage, output, path },
    hint: "write to another path; or, if the command is to change that input, lay it with `writable`",
  });
}

/** An output has the name of something that every handle has. */
export function outputReserved(name: string): BuildError {
  return new BuildError({
    code: "OUTPUT_RESERVED",
    message: `an output cannot be called \`${name}\``,
    hint: "handles have a property of that name already; choose another",
  });
}

/** Two outputs of a command share a name or a path. */
export function outputTwice(what: string, shared: "name" | "path"): BuildError {
  return new BuildError({
    code: "OUTPUT_TWICE",
    message: `two outputs have the ${shared} \`${what}\``,
    hint: `give each output a ${shared} of its own`,
  });
}

/** An output is there, and cannot be kept. */
export function outputUnfit(
  stage: string,
  path: string,
  cause: BuildError,
  /** Why, if the cause has it in words that mean nothing to the user. */
  reason: string = cause.message,
): BuildError {
  return new BuildError({
    code: "OUTPUT_UNFIT",
    message: `stage \`${stage}\` wrote output \`${path}\`, which cannot be kept`,
    facts: { reason },
    hint: "outputs hold files, directories and relative links that stay inside; have the command write those",
    cause,
  });
}

/** A declared file is a directory, or the other way round. */
export function outputWrongKind(
  stage: string,
  path: string,
  declared: string,
  found: string,
): BuildError {
  return new BuildError({
    code: "OUTPUT_WRONG_KIND",
    message: `stage \`${stage}\` declares \`${path}\` as ${declared}, and wrote ${found}`,
    facts: { stage, output: path },
    hint:
      found === "a directory"
        ? "declare it with `out.tree`"
        : found === "a file"
          ? "declare it with `out.file`"
          : "outputs are files and directories; a link must lead to one inside the input root",
  });
}

/** Two artifacts are laid on one path. */
export function pathConflict(path: string, first: string, second: string): BuildError {
  return new BuildError({
    code: "PATH_CONFLICT",
    message: `two artifacts are laid on \`${path || "."}\``,
    facts: { first, second },
    hint: "lay one of them elsewhere, or leave that path out of the tree below with `without`",
  });
}

/** A runner cannot work on this machine. */
export function platformUnsupported(runner: string, platform: string, why: string): BuildError {
  return new BuildError({
    code: "PLATFORM_UNSUPPORTED",
    message: `the ${runner} runner does not work on ${platform}`,
    facts: { reason: why },
  });
}

/** A runner, or the engine around it, failed in a way that nobody foresaw. */
export function runnerFailed(runner: string, stage: string, cause: unknown): BuildError {
  return new BuildError({
    code: "RUNNER_FAILED",
    message: `${runner} broke down at stage \`${stage}\``,
    facts: { reason: cause instanceof Error ? cause.message : String(cause) },
    hint: "this is not a fault of the stage: see the cause of this error",
    cause,
  });
}

/** A source changed while it was being read. */
export function sourceChanged(path: string, why: string): BuildError {
  return new BuildError({
    code: "SOURCE_CHANGED",
    message: `\`${path}\` changed while it was being read: ${why}`,
    hint: "build again when nothing writes to it, or leave it out with `exclude`",
  });
}

/** The directory of a source is not there. */
export function sourceMissing(directory: string): BuildError {
  return new BuildError({
    code: "SOURCE_MISSING",
    message: `source \`${directory}\` does not exist`,
    facts: { path: directory },
    hint: "relative sources start at the build's `cwd`; pass a `file:` URL to start at a script",
  });
}

/** A source is something other than a directory. */
export function sourceNotDirectory(path: string): BuildError {
  return new BuildError({
    code: "SOURCE_NOT_DIRECTORY",
    message: `source \`${path}\` is not a directory`,
    facts: { path },
    hint: "use `source.file` for a single file",
  });
}

/** Part of a source cannot be read. */
export function sourceUnreadable(path: string, cause: unknown): BuildError {
  return new BuildError({
    code: "SOURCE_UNREADABLE",
    message: `\`${path}\` cannot be read`,
    facts: { reason: cause instanceof Error ? cause.message : String(cause) },
    hint: "allow reading it, or leave it out with `exclude`",
    cause,
  });
}

/** A directory holds something that is neither file, directory nor link. */
export function specialFile(path: string, kind: string): BuildError {
  return new BuildError({
    code: "SPECIAL_FILE",
    message: `\`${path}\` is ${kind}, which cannot be in a tree`,
    hint: "leave it out with `exclude`",
  });
}

/** The body of a stage did not return a command. */
export function stageBody(
  stage: string,
  found: string,
  declaredAt: string | undefined,
): BuildError {
  return new BuildError({
    code: "STAGE_BODY",
    message: `the body of stage \`${stage}\` returned ${found} instead of a command`,
    facts: { "declared at": declaredAt },
    hint: "return what `sh` makes; a body is an ordinary function, not an async one",
  });
}

/** A command ended with a non-zero exit code, or by a signal. */
export function stageFailed(seen: {
  readonly stage: string;
  readonly argv: readonly string[];
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly declaredAt: string | undefined;
  readonly log: readonly string[];
  readonly tools: readonly string[] | undefined;
  /** What it asked for in vain, though it exists: `src/config.h (in the project)`. */
  readonly undeclared?: readonly string[];
  /** Inputs that it tried to change: paths in the input root. */
  readonly readOnly?: readonly string[];
  /** What the runner knows of it. */
  readonly remark?: string | undefined;
}): BuildError {
  const { stage, argv, exitCode, signal, declaredAt, log, tools, remark } = seen;
  const { undeclared = [], readOnly = [] } = seen;
  const how =
    exitCode === undefined ? `was ended by ${signal ?? "a signal"}` : `exited with ${exitCode}`;
  return new BuildError({
    code: "STAGE_FAILED",
    message: `stage \`${stage}\` ${how}`,
    facts: {
      "declared at": declaredAt,
      command: showCommand(argv),
      reason: remark,
      log: log.join("\n") || "(nothing was printed)",
      "not declared": undeclared.length === 0 ? undefined : undeclared.join("\n"),
      "read-only": readOnly.length === 0 ? undefined : readOnly.join("\n"),
    },
    hint:
      undeclared.length > 0
        ? "what is not declared is not there for a command: make it an input of the stage, or a tool"
        : readOnly.length > 0
          ? "an input is there to be read; lay one that the command changes by `writable(…)` in `root`"
          : exitCode === 127
            ? `127 often means that a command was not found; declared tools: ${tools?.join(", ") ?? "the system's"}`
            : "see the end of its log above; `report.log` has all of it",
  });
}

/** A stage has no proper name. */
export function stageName(found: string): BuildError {
  return new BuildError({
    code: "STAGE_NAME",
    message: `the name of a stage is ${found}`,
    hint: "give it a short name for people, such as `compile`",
  });
}

/** A command ran longer than it may. */
export function stageTimedOut(seen: {
  readonly stage: string;
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  readonly declaredAt: string | undefined;
  readonly log: readonly string[];
}): BuildError {
  return new BuildError({
    code: "STAGE_TIMED_OUT",
    message: `stage \`${seen.stage}\` was stopped after ${seen.timeoutMs} ms`,
    facts: {
      "declared at": seen.declaredAt,
      command: showCommand(seen.argv),
      log: seen.log.join("\n") || "(nothing was printed)",
    },
    hint: "raise its `timeoutMs`, or find out what it waits for",
  });
}

/** The store cannot be written to. */
export function storeUnwritable(directory: string, cause: Error): BuildError {
  return new BuildError({
    code: "STORE_UNWRITABLE",
    message: `the store \`${directory}\` cannot be written to`,
    facts: { reason: cause.message },
    hint: "make room or allow writing; or choose another place with the `store` option or `ASHLAR_STORE`",
    cause,
  });
}

/** A symbolic link leads out of its tree. */
export function symlinkLeaves(path: string, target: string, why: string): BuildError {
  return new BuildError({
    code: "SYMLINK_LEAVES",
    message: `the link \`${path}\` leads to \`${target}\`: ${why}`,
    facts: { link: path, target },
    hint: "replace it by a relative link inside the tree, or leave it out with `exclude`",
  });
}

/** A template cannot be split into words, or a value be put into a script. */
export function templateSyntax(template: string, why: string): BuildError {
  return new BuildError({
    code: "TEMPLATE_SYNTAX",
    message: `a command template cannot be read: ${why}`,
    facts: { template: template.trim() },
    hint: "`sh` takes a list of arguments, with quotes around those that hold spaces; `sh.bash` takes a script",
  });
}

/** A declared tool is not on the machine, or not where what was asked alone decides. */
export function toolNotFound(
  tool: string,
  hint: string | undefined,
  asked?: readonly string[],
): BuildError {
  return new BuildError({
    code: "TOOL_NOT_FOUND",
    message:
      asked === undefined
        ? `tool \`${tool}\` is not on this machine`
        : `tool \`${tool}\` is not where it was looked for`,
    facts: { asked: asked?.join(" ") },
    hint: hint ?? "install it, or add its folder to `PATH`",
  });
}

/** A tool is there, and does not work as its declaration says. */
export function toolFailed(tool: string, asked: string, hint: string | undefined): BuildError {
  return new BuildError({
    code: "TOOL_FAILED",
    message: `tool \`${tool}\` did not print its version`,
    facts: { asked },
    hint: hint ?? "correct the `version` of its declaration, or leave it out to go by its bytes",
  });
}

/** A view asks for something that its tree does not hold. */
export function viewMissing(
  tree: string,
  path: string,
  present: readonly string[],
  folder = "",
): BuildError {
  const guess = closest(path.slice(path.lastIndexOf("/") + 1), present);
  const names = present.length > 10 ? [...present.slice(0, 10), "…"] : present;
  return new BuildError({
    code: "VIEW_MISSING",
    message: `\`${tree}\` holds no \`${path}\``,
    facts: { [folder === "" ? "it holds" : `\`${folder}\` holds`]: names.join(", ") || undefined },
    hint: guess === undefined ? "check the path" : `did you mean \`${guess}\`?`,
  });
}

/** A view asks for a file where a directory is, or the other way round. */
export function viewWrongKind(
  tree: string,
  path: string,
  wanted: string,
  found: string,
): BuildError {
  return new BuildError({
    code: "VIEW_WRONG_KIND",
    message: `\`${path}\` in \`${tree}\` is a ${found}, not a ${wanted}`,
    hint: found === "file" ? "use `.file(path)`" : "use `.dir(path)`",
  });
}

/** A command as a person would type it. Long ones are cut. */
function showCommand(argv: readonly string[]): string {
  const text = argv.map(showWord).join(" ");
  return text.length > 500 ? `${text.slice(0, 500)} …` : text;
}

/** Between the quotes that leave it as it is, if there are any. */
function showWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return /["$`\\]/.test(word) && !/['\p{Cc}]/u.test(word) ? `'${word}'` : JSON.stringify(word);
}
