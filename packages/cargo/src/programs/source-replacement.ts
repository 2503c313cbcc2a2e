/**
 * Source replacement: the cargo configuration that makes every registry a local folder.
 *
 * It is passed as `cargo --config <file>`, which wins over each `.cargo/config.toml`
 * that a project brings along.
 *
 * @module
 */
import { parseGitSource } from "./git-source.ts";
import { asString, asTable, type Table } from "./table.ts";

/** The id of the default registry in lock files. A name: nothing is fetched from there. */
export const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";

const VENDORED = "ashlar-vendored";

/**
 * Writes the configuration.
 *
 * @param sources - as lock files name them: `registry+<url>`, `sparse+<url>` or `git+<url>?<reference>#<commit>`.
 * @param directory - of the vendored crates, relative to the parent of the folder that will
 *   hold the configuration file, which is how cargo reads it.
 * @param projectConfig - the project's own, for the names that it gives to registries.
 */
export function sourceReplacement(
  sources: Iterable<string>,
  { directory, projectConfig }: { directory: string; projectConfig: Table },
): string {
  const replaced: Record<string, Record<string, string>> = {};
  for (const source of [...new Set([CRATES_IO, ...sources])].toSorted()) {
    if (source === CRATES_IO) {
      replaced["crates-io"] = { "replace-with": VENDORED };
      continue;
    }
    if (source.startsWith("git+")) {
      replaced[source.replace(/#.*$/, "")] = { ...gitTable(source), "replace-with": VENDORED };
      continue;
    }
    const registry = source.replace(/^registry\+/, "");
    // Cargo refuses two names for one registry, so a name that the project chose is used again.
    const name = nameOf(registry, projectConfig) ?? source;
    replaced[name] = { registry, "replace-with": VENDORED };
  }
  return renderSources({ ...replaced, [VENDORED]: { directory } });
}

/** A source of a lock file, and the directory source that takes its place. */
export interface ReplacedSource {
  /** `registry+<url>`, `sparse+<url>` or `git+<url>?<reference>#<commit>`. */
  readonly source: string;
  /** Relative to the parent of the folder that will hold the configuration file. */
  readonly directory: string;
}

/** The same as {@link sourceReplacement}, with a directory for each source. */
export function replaceSources(sources: readonly ReplacedSource[], projectConfig: Table): string {
  const tables: Record<string, Record<string, string>> = {};
  const hasCratesIo = sources.some(({ source }) => source === CRATES_IO);
  const all = hasCratesIo
    ? sources
    : [{ source: CRATES_IO, directory: "vendor/crates-io" }, ...sources];
  for (const { source, directory } of all) {
    const replacement = `ashlar-${directory.replaceAll("/", "-")}`;
    tables[replacement] = { directory };
    if (source === CRATES_IO) {
      tables["crates-io"] = { "replace-with": replacement };
    } else if (source.startsWith("git+")) {
      // Two commits of one branch cannot be in a lock file, so this name is unique.
      tables[source.replace(/#.*$/, "")] = { ...gitTable(source), "replace-with": replacement };
    } else {
      const registry = source.replace(/^registry\+/, "");
      tables[nameOf(registry, projectConfig) ?? source] = { registry, "replace-with": replacement };
    }
  }
  return renderSources(tables);
}

/** Tables of texts as TOML. It is written in every build, and loading what writes all of TOML would take longer. */
function renderSources(tables: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const keyOf = (name: string): string => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name));
  const sections = Object.entries(tables).map(([name, fields]) => {
    const lines = Object.entries(fields).map(
      ([key, value]) => `${keyOf(key)} = ${JSON.stringify(value)}\n`,
    );
    return `[source.${keyOf(name)}]\n${lines.join("")}`;
  });
  // Whoever has this has all there is, and should not wait for a network to fail.
  return [...sections, "[net]\noffline = true\n"].join("\n");
}

/** How cargo is told of a repository. */
function gitTable(source: string): Record<string, string> {
  const { url, reference } = parseGitSource(source);
  return { git: url, ...(reference && { [reference.kind]: reference.name }) };
}

function nameOf(registry: string, config: Table): string | undefined {
  const sources = Object.entries(asTable(config["source"]) ?? {});
  return sources.find(([, fields]) => asString(asTable(fields)?.["registry"]) === registry)?.[0];
}
