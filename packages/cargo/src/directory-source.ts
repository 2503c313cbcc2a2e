/**
 * A directory source: a folder of unpacked crates, as `cargo vendor` makes it.
 *
 * The folders' names mean nothing to cargo, so a crate is found by the name and the version in its manifest. But
 * usually a folder is called like its crate, and then the checksum in it says enough: no manifest is read.
 *
 * @module
 */
import type { ReadableTree } from "@ashlar/core";

import { textAt } from "./locked-crates.ts";
import { Failure } from "./programs/failure.ts";
import type { LockedPackage } from "./programs/lock.ts";
import { asString, asTable, parseToml } from "./programs/table.ts";

/** A crate in a directory source. */
export interface UnpackedCrate {
  /** Its folder in the source. */
  readonly folder: string;
  /** What `.cargo-checksum.json` says of the packed crate. */
  readonly checksum: string | undefined;
}

/** Crates by `name version`. More than one, where folders repeat a crate. */
export type CrateIndex = ReadonlyMap<string, readonly UnpackedCrate[]>;

const MANIFEST = "Cargo.toml";
const RECORD = ".cargo-checksum.json";

/**
 * Finds the folders of crates that a lock file asks for, in its order.
 *
 * @throws {@link Failure} when there is none, or when its checksum is not the one in the lock.
 */
export async function findCrates(
  registry: ReadableTree,
  wanted: readonly LockedPackage[],
): Promise<readonly string[]> {
  let index: CrateIndex | undefined;
  const folders: string[] = [];
  for (const crate of wanted) {
    const guess = `${crate.name}-${crate.version}`;
    const isRight =
      crate.checksum !== undefined && (await recordedChecksum(registry, guess)) === crate.checksum;
    if (!isRight) index ??= await indexDirectorySource(registry);
    folders.push(isRight || index === undefined ? guess : findCrate(index, crate).folder);
  }
  return folders;
}

/** Lists what a directory source offers. Folders that are no crate are left out, as cargo does. */
export async function indexDirectorySource(registry: ReadableTree): Promise<CrateIndex> {
  const index = new Map<string, UnpackedCrate[]>();
  const paths = new Set(await registry.list(`*/{${MANIFEST},${RECORD}}`));
  for (const path of paths) {
    const [folder = "", name] = path.split("/");
    if (name !== RECORD || !paths.has(`${folder}/${MANIFEST}`)) continue;
    const identity = await crateIdentity(registry, folder);
    if (identity === undefined) continue;
    const crates = index.get(identity) ?? [];
    index.set(identity, [
      ...crates,
      { folder, checksum: await recordedChecksum(registry, folder) },
    ]);
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

async function crateIdentity(registry: ReadableTree, folder: string): Promise<string | undefined> {
  const manifest = `${folder}/${MANIFEST}`;
  const content = await registry.file(manifest).text();
  const fields = asTable(parseToml(content, manifest)["package"]);
  const name = asString(fields?.["name"]);
  const version = asString(fields?.["version"]);
  return name === undefined || version === undefined ? undefined : `${name} ${version}`;
}

/** What is written down in a folder; `undefined` when that is nothing. */
async function recordedChecksum(
  registry: ReadableTree,
  folder: string,
): Promise<string | undefined> {
  const text = (await textAt(registry, `${folder}/${RECORD}`)) ?? "{}";
  // As cargo writes it, it comes last, behind a long list of files, which nobody asks for.
  const [, checksum] = /\},"package":"([0-9a-f]{64})"\}\s*$/.exec(text.slice(-100)) ?? [];
  return checksum ?? asString(asTable(JSON.parse(text))?.["package"]);
}
