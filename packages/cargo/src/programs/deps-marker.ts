/**
 * The marker in a target directory: what its units were made of.
 *
 * Cargo compares times, and in a content-addressed store all times are equal. So it would
 * take a unit of yesterday's sources, or of a stub, for one of today's. The marker says
 * whose local units a target directory holds, and programs go by that.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { asString, asTable, isStrings } from "./table.ts";

/** Name of the marker, in the root of the target directory. */
export const MARKER = ".ashlar-deps.json";

/** What a target directory holds. */
export interface DepsMarker {
  /** The compiler, as `rustc -vV` names itself. */
  readonly rustc: string;
  /** The cargo commands that built the external crates. */
  readonly passes: readonly (readonly string[])[];
  /** Hash of the sources that the local units are made of; undefined when there are none. */
  readonly sources: string | undefined;
}

/** Reads the marker; undefined when the directory has none. */
export function readMarker(target: string): DepsMarker | undefined {
  const path = join(target, MARKER);
  if (!existsSync(path)) return undefined;
  const fields = asTable(JSON.parse(readFileSync(path, "utf8"))) ?? {};
  const passes: readonly unknown[] = Array.isArray(fields["passes"]) ? fields["passes"] : [];
  return {
    rustc: asString(fields["rustc"]) ?? "",
    passes: passes.filter(isStrings),
    sources: asString(fields["sources"]),
  };
}

/** Writes the marker. */
export function writeMarker(target: string, { rustc, passes, sources }: DepsMarker): void {
  writeFileSync(join(target, MARKER), `${JSON.stringify({ rustc, passes, sources }, null, 2)}\n`);
}
