/**
 * JSON: files that hold a value of the script.
 *
 * @module
 */
import { canonicalJson, NotJson, type Json } from "../base/canonical-json.ts";
import { notJson } from "../errors/catalogue.ts";
import type { File } from "./handle.ts";
import { text } from "./text.ts";

/**
 * A file with a value as JSON. Equal values give equal files: the names of objects are put in order.
 *
 * @throws {@link BuildError} `NOT_JSON` when part of the value would be dropped or changed.
 * @example
 * ```ts
 * const settings = json({ level: 3, targets: ["es2022"] }).as("settings.json");
 * ```
 */
export function json(value: Json): File {
  try {
    return text(`${canonicalJson(value)}\n`);
  } catch (error) {
    throw error instanceof NotJson ? notJson(error.place, error.found) : error;
  }
}
