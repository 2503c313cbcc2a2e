/**
 * Verifying packs: every record, and the bytes that it names.
 *
 * @module
 */
import { OpenFiles } from "./open-files.ts";
import { PackFile } from "./pack-file.ts";
import type { PackKind } from "./pack-kinds.ts";
import { claimPack, listPackFolder, releasePack } from "./pack-names.ts";
import { recordBytes, type Records } from "./pack-record.ts";

/** What was found at one place of a pack. */
export type PackFinding =
  | {
      readonly kind: "whole";
      readonly path: string;
      readonly hash: string;
      readonly sizeBytes: number;
      readonly bytes: Buffer;
    }
  /** Something whose bytes are others. `bytes`: those that are there. It has been taken away. */
  | {
      readonly kind: "damaged";
      readonly path: string;
      readonly hash: string;
      readonly bytes: Buffer;
    }
  /** A record that makes no sense. It has been wiped out. */
  | { readonly kind: "stray record"; readonly path: string; readonly bytes: Buffer }
  /** A file that is neither a pack nor its index. */
  | { readonly kind: "stray"; readonly path: string };

/** Looks at all packs of a kind in a store. */
export function* verifyPacks(directory: string, kind: PackKind): Generator<PackFinding, void> {
  const files = new OpenFiles();
  const { packs, strays } = listPackFolder(kind.folderIn(directory));
  for (const path of strays) yield { kind: "stray", path };
  for (const name of packs) {
    // What nobody writes to, nobody should while records in it are wiped out.
    const claimed = claimPack(name, Date.now());
    const pack = new PackFile(files, claimed ?? name);
    try {
      const { records } = pack.readNew();
      for (let at = 0; at < records.count; at++) {
        const finding = records.isSound(at)
          ? verifyRecord(kind, pack, records, at)
          : claimed && strayAt(pack, records, at);
        if (finding !== undefined) yield finding;
      }
    } finally {
      if (claimed !== undefined) releasePack(claimed);
    }
  }
}

function verifyRecord(
  kind: PackKind,
  pack: PackFile,
  records: Records,
  at: number,
): PackFinding | undefined {
  if (!records.isKept(at)) return undefined;
  const [hash, sizeBytes] = [records.hash(at), records.sizeBytes(at)];
  const bytes = pack.readUpTo(records.offset(at), sizeBytes);
  const path = pack.name.dataPath;
  const isWhole = bytes.byteLength === sizeBytes && kind.isWhole(bytes, hash);
  if (isWhole) return { kind: "whole", path, hash, sizeBytes, bytes };
  // Another may have found it by now, or moved it elsewhere.
  if (pack.record(at)?.isKept(0) !== true) return undefined;
  pack.drop(at);
  return { kind: "damaged", path, hash, bytes };
}

function strayAt(pack: PackFile, records: Records, at: number): PackFinding | undefined {
  const bytes = records.bytes.subarray(at * recordBytes, (at + 1) * recordBytes);
  // Zeros are what a disk shows where power was lost before anything was written.
  if (bytes.every((byte) => byte === 0)) return undefined;
  pack.wipe(at);
  return { kind: "stray record", path: pack.name.indexPath, bytes };
}
