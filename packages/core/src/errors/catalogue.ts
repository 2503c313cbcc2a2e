/**
 * The wording of errors, one function for each: here those that belong to no area. The others stand beside it, an area a file.
 *
 * Takes strings and numbers only, so that it can stand below everything that fails. A message is one
 * clause that is true alone; facts say what was looked at; a hint says what to do. No secret gets in.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { BuildError } from "./build-error.ts";

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
