/**
 * The wording of errors of outputs: as they are declared, made, asked for and exported.
 *
 * @module
 */
import { closest } from "../base/closest.ts";
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
