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

import type { OutwardLinks } from "./outward-links.ts";
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
  /** Hash of what the inner packages are made of, when the local units are theirs alone. */
  readonly inner?: string | undefined;
  /** Links that could not be kept. */
  readonly links?: OutwardLinks;
}

/** Reads the marker; undefined when the directory has none. */
export function readMarker(target: string): DepsMarker | undefined {
  const path = join(target, MARKER);
  if (!existsSync(path)) return undefined;
  const fields = asTable(JSON.parse(readFileSync(path, "utf8"))) ?? {};
  const passes: readonly unknown[] = Array.isArray(fields["passes"]) ? fields["passes"] : [];
  const links = asTable(fields["links"]);
  return {
    rustc: asString(fields["rustc"]) ?? "",
    passes: passes.filter(isStrings),
    sources: asString(fields["sources"]),
    inner: asString(fields["inner"]),
    ...(links !== undefined && {
      links: Object.fromEntries(
        Object.entries(links).filter(
          (each): each is [string, string] => asString(each[1]) !== undefined,
        ),
      ),
    }),
  };
}

/** Writes the marker. */
export function writeMarker(target: string, marker: DepsMarker): void {
  const { rustc, passes, sources, inner, links = {} } = marker;
  const isLinked = Object.keys(links).length > 0;
  const fields = { rustc, passes, sources, inner, ...(isLinked && { links }) };
  writeFileSync(join(target, MARKER), `${JSON.stringify(fields, null, 2)}\n`);
}
