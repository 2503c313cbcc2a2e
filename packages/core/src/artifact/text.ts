/**
 * Texts: files whose content the script itself holds.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { makeFile } from "./artifact.ts";
import type { File } from "./handle.ts";

/** How a text becomes a file. */
export interface TextOptions {
  /** Whether the file can be executed. @defaultValue false */
  readonly executable?: boolean;
}

/**
 * A file with the given content, in UTF-8. Give it a name for its place in an input root with `as`.
 *
 * @example
 * ```ts
 * const manifest = text('{ "type": "module" }').as("package.json");
 * ```
 */
export function text(content: string, { executable = false }: TextOptions = {}): File {
  if (typeof content !== "string") {
    throw invalidOption("content", describe(content), "a string, for `text`");
  }
  return makeFile({ type: "text", text: content, isExecutable: executable });
}
