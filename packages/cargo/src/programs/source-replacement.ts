/**
 * Source replacement: the cargo configuration that makes every registry a local folder.
 *
 * It is passed as `cargo --config <file>`, which wins over each `.cargo/config.toml`
 * that a project brings along.
 *
 * @module
 */
import { stringify } from "smol-toml";

import { asString, asTable, type Table } from "./table.ts";

/** The id of the default registry in lock files. A name: nothing is fetched from there. */
export const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";

const VENDORED = "ashlar-vendored";

/**
 * Writes the configuration.
 *
 * @param sources - as lock files name them: `registry+<url>` or `sparse+<url>`.
 * @param directory - of the vendored crates, relative to the parent of the folder that will
 *   hold the configuration file, which is how cargo reads it.
 * @param projectConfig - the project's own, for the names that it gives to registries.
 */
export function sourceReplacement(
  sources: Iterable<string>,
  { directory, projectConfig }: { directory: string; projectConfig: Table },
): string {
  const replaced: Record<string, Table> = {};
  for (const source of [...new Set([CRATES_IO, ...sources])].toSorted()) {
    if (source === CRATES_IO) {
      replaced["crates-io"] = { "replace-with": VENDORED };
      continue;
    }
    const registry = source.replace(/^registry\+/, "");
    // Cargo refuses two names for one registry, so a name that the project chose is used again.
    const name = nameOf(registry, projectConfig) ?? source;
    replaced[name] = { registry, "replace-with": VENDORED };
  }
  return stringify({ source: { ...replaced, [VENDORED]: { directory } } });
}

function nameOf(registry: string, config: Table): string | undefined {
  const sources = Object.entries(asTable(config["source"]) ?? {});
  return sources.find(([, fields]) => asString(asTable(fields)?.["registry"]) === registry)?.[0];
}
