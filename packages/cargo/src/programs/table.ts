/**
 * Tables: what TOML and JSON files are made of, before anything is known about them.
 *
 * @module
 */
import { readFileSync } from "node:fs";

import { Failure } from "./failure.ts";
import { toml } from "./toml.ts";

/** An object of unknown fields. */
export type Table = Readonly<Record<string, unknown>>;

/** The value as a table, or undefined when it is anything else. Dates are no tables. */
export function asTable(value: unknown): Table | undefined {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  return isTable && !(value instanceof Date) ? (value as Table) : undefined;
}

/** The tables in a list; nothing when the value is no list. */
export function tablesOf(value: unknown): readonly Table[] {
  if (!Array.isArray(value)) return [];
  return value.map(asTable).filter((item) => item !== undefined);
}

/** The value when it is a string. */
export function asString(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Whether the value is a list of nothing but strings. */
export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/**
 * Reads TOML.
 *
 * @throws {@link Failure} that names `path` and the place in it, when the text is not TOML.
 */
export function parseToml(text: string, path: string): Table {
  try {
    return toml().parse(text);
  } catch (error) {
    if (!(error instanceof toml().TomlError)) throw error;
    throw new Failure(`\`${path}\` is not TOML, line ${error.line}: ${firstLine(error.message)}`);
  }
}

/** Reads a file of TOML. */
export function readToml(path: string): Table {
  return parseToml(readFileSync(path, "utf8"), path);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
