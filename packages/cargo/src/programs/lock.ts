/**
 * `Cargo.lock`: every package of a build, and where each comes from.
 *
 * Knows the formats up to 4. Before 3 they have no number, and in the first one checksums are in a table of their own.
 * A package without a source is local: a workspace member or a path dependency.
 *
 * @module
 */
import { Failure } from "./failure.ts";
import { asString, asTable, isStrings, parseToml, tablesOf, type Table } from "./table.ts";

/** One `[[package]]`. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** `<kind>+<url>`; undefined for a local package. */
  readonly source: string | undefined;
  /** SHA-256 of the packed crate. */
  readonly checksum: string | undefined;
  /** `name`, or `name version`, or `name version (source)`: as much as it takes to be unique. */
  readonly dependencies: readonly string[];
}

/**
 * Reads a lock file.
 *
 * @throws {@link Failure} when its format is one this module does not know.
 */
export function parseLock(text: string, path: string): readonly LockedPackage[] {
  const plain = parsePlainLock(text);
  if (plain !== undefined) return plain;
  const lock = parseToml(text, path);
  const version = lock["version"];
  if (version !== undefined && version !== 3 && version !== 4) {
    const isNewer = typeof version === "number" && version > 4;
    const found = isNewer ? `format ${version}` : "a format that no cargo writes";
    throw new Failure(`\`${path}\` has ${found}; formats up to 4 are known`, {
      hint: isNewer
        ? "update this package, or let a cargo that writes format 4 make the lock"
        : "let a current cargo write it again: `cargo update --workspace`",
    });
  }
  const sums = asTable(lock["metadata"]);
  return tablesOf(lock["package"]).map((entry) => lockedPackage(entry, path, sums));
}

/** How a lock file begins, and what it has of each package, to the letter as cargo writes it. */
const plainHead = /(?:#[^\n]*\n)*version = [34]\n/y;
const plainPackage =
  /\n\[\[package\]\]\nname = "([^"\\\n]+)"\nversion = "([^"\\\n]+)"\n(?:source = "([^"\\\n]+)"\n)?(?:checksum = "([^"\\\n]+)"\n)?(?:dependencies = \[\n((?: "[^"\\\n]+",\n)+)\]\n)?/y;

/**
 * Reads a lock file that cargo has written, and nobody else. `undefined` when there is anything else in it.
 *
 * It is read in every build, where loading what reads TOML would take longer than all the rest of this.
 */
function parsePlainLock(text: string): readonly LockedPackage[] | undefined {
  plainHead.lastIndex = 0;
  if (!plainHead.test(text)) return undefined;
  const packages: LockedPackage[] = [];
  let at = plainHead.lastIndex;
  while (at < text.length) {
    plainPackage.lastIndex = at;
    const [, name, version, source, checksum, list = ""] = plainPackage.exec(text) ?? [];
    if (name === undefined || version === undefined) return undefined;
    const dependencies = [...list.matchAll(/"([^"]+)"/g)].map(([, each = ""]) => each);
    packages.push({ name, version, source, checksum, dependencies });
    at = plainPackage.lastIndex;
  }
  return packages;
}

/** There is no lock file. */
export function missingLock(): Failure {
  return new Failure("the workspace has no Cargo.lock", {
    hint: "write one with `cargo generate-lockfile`, and keep it with the sources; if it is there, `.gitignore`, `include` or `exclude` leaves it out",
  });
}

/** Crates that a `[patch]` offers and nothing uses: cargo wants them to be there all the same. */
export function unusedPatches(text: string, path: string): readonly LockedPackage[] {
  if (!text.includes("patch")) return [];
  const patch = asTable(parseToml(text, path)["patch"]);
  return tablesOf(patch?.["unused"]).map((entry) => lockedPackage(entry, path));
}

/** The packages that `reference`, an item of `dependencies`, may mean. One, in a sound lock. */
export function resolveReference(
  lock: readonly LockedPackage[],
  reference: string,
): readonly LockedPackage[] {
  const [name, version, source] = reference.split(" ");
  return lock.filter(
    (entry) =>
      entry.name === name &&
      (version === undefined || entry.version === version) &&
      (source === undefined || isSource(entry.source, source)),
  );
}

/** Whether a source is the one in brackets. Of git, there is no commit; in the first two formats there is. */
function isSource(source = "", inBrackets: string): boolean {
  return [source, source.replace(/#.*$/, "")].some((one) => `(${one})` === inBrackets);
}

/**
 * Gives the named local packages the version 0.0.0, and leaves every other byte alone.
 *
 * Text, not a parsed table: cargo compares a lock with the one it would write, so
 * order and layout must stay. Each name must occur once in the lock; in the first format, references say its version
 * all the same.
 */
export function maskLock(text: string, names: ReadonlySet<string>): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/^name = "([^"]+)"\nversion = "[^"]+"$/gm, (entry, name: string) =>
      names.has(name) ? `name = "${name}"\nversion = "0.0.0"` : entry,
    )
    .replaceAll(/^( *)"(\S+) [^\s"]+",$/gm, (reference, blanks: string, name: string) =>
      names.has(name) ? `${blanks}"${name} 0.0.0",` : reference,
    );
}

/** @param sums - Checksums, where the entries have none. */
function lockedPackage(entry: Table, path: string, sums: Table = {}): LockedPackage {
  const name = asString(entry["name"]);
  const version = asString(entry["version"]);
  if (name === undefined || version === undefined) {
    throw new Failure(`\`${path}\` has a package without a name or a version`);
  }
  const { source, checksum, dependencies } = entry;
  const listed = sums[`checksum ${name} ${version} (${asString(source) ?? ""})`];
  return {
    name,
    version,
    source: asString(source),
    checksum: asString(checksum ?? listed),
    dependencies: isStrings(dependencies) ? dependencies : [],
  };
}
