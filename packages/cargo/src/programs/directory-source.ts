/**
 * A directory source: a folder of unpacked crates, as `cargo vendor` makes it.
 *
 * The folders' names mean nothing to cargo, so a crate is found by the name and the
 * version in its manifest.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Failure } from "./failure.ts";
import type { LockedPackage } from "./lock.ts";
import { asString, asTable, parseToml } from "./table.ts";
import { compare } from "./tree.ts";

/** A crate in a directory source. */
export interface UnpackedCrate {
  readonly directory: string;
  /** What `.cargo-checksum.json` says of the packed crate. */
  readonly checksum: string | undefined;
}

/** Crates by `name version`. More than one, where folders repeat a crate. */
export type CrateIndex = ReadonlyMap<string, readonly UnpackedCrate[]>;

/** Lists what a directory source offers. Folders that are no crate are left out, as cargo does. */
export function indexDirectorySource(root: string): CrateIndex {
  const index = new Map<string, UnpackedCrate[]>();
  for (const folder of readdirSync(root).toSorted(compare)) {
    const directory = join(root, folder);
    const identity = crateIdentity(directory);
    if (identity === undefined) continue;
    const crates = index.get(identity) ?? [];
    index.set(identity, [...crates, { directory, checksum: recordedChecksum(directory) }]);
  }
  return index;
}

/**
 * Finds the crate that a lock file asks for.
 *
 * @throws {@link Failure} when there is none, or when its checksum is not the one in the lock.
 */
export function findCrate(index: CrateIndex, wanted: LockedPackage): UnpackedCrate {
  const title = `${wanted.name} ${wanted.version}`;
  const crates = index.get(title) ?? [];
  const match = crates.find((crate) => crate.checksum === wanted.checksum);
  if (match !== undefined) return match;

  const [other] = crates;
  if (other !== undefined) {
    throw new Failure(
      `crate \`${title}\` in the registry has the checksum ${other.checksum ?? "(none)"}, ` +
        `but Cargo.lock wants ${wanted.checksum ?? "(none)"}`,
      { hint: "one of the two was changed by hand: vendor the crate again, or update the lock" },
    );
  }
  const versions = [...index.keys()].filter((key) => key.startsWith(`${wanted.name} `));
  throw new Failure(`crate \`${title}\` is in Cargo.lock but not in the registry`, {
    hint:
      versions.length === 0
        ? "add it to the registry: `cargo vendor --locked --versioned-dirs <registry>`"
        : `the registry has ${versions.join(", ")}: vendor again, or update the lock`,
  });
}

function crateIdentity(directory: string): string | undefined {
  const manifest = join(directory, "Cargo.toml");
  if (!existsSync(manifest) || !existsSync(checksumPath(directory))) return undefined;
  const fields = asTable(parseToml(readFileSync(manifest, "utf8"), manifest)["package"]);
  const name = asString(fields?.["name"]);
  const version = asString(fields?.["version"]);
  return name === undefined || version === undefined ? undefined : `${name} ${version}`;
}

function recordedChecksum(directory: string): string | undefined {
  const record: unknown = JSON.parse(readFileSync(checksumPath(directory), "utf8"));
  return asString(asTable(record)?.["package"]);
}

function checksumPath(directory: string): string {
  return join(directory, ".cargo-checksum.json");
}
