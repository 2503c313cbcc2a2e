/**
 * Compacting: packs give back the room of blobs that are gone.
 *
 *     a pack that nobody writes to ─┬─ holds nothing ─▶ removed
 *                                   ├─ half of it or more is gone ─▶ the rest goes to another pack, then removed
 *                                   └─ else stays as it is
 *
 * A blob is added to its new pack before it is taken from the old one. So it is there at every moment, and
 * twice if this process dies in between, which does no harm. Readers that know the old place see its
 * record gone, and look for another.
 *
 * @module
 */
import { Breath } from "../base/breath.ts";
import { makeDigest } from "../digest/digest.ts";
import { ownBoot } from "./boot.ts";
import { OpenFiles } from "./open-files.ts";
import { PackFile } from "./pack-file.ts";
import { blobPacks, resultPacks, type PackKind } from "./pack-kinds.ts";
import { claimPack, listPacks, releasePack } from "./pack-names.ts";
import type { Records } from "./pack-record.ts";
import { PackWriter, type Addition } from "./pack-writer.ts";

/** Bytes that are moved at once. */
const batchBytes = 1024 * 1024;

/** The share of a pack that must be in use for it to stay. */
const minShare = 0.5;

/** A pack, and what is kept in it. */
interface Content {
  readonly pack: PackFile;
  readonly records: Records;
  /** Numbers of the records that are kept. */
  readonly kept: readonly number[];
}

/** Compacts the packs of a store. Rejects with the signal's reason, or the error of writing. */
export async function compactPacks(directory: string, signal?: AbortSignal): Promise<void> {
  for (const kind of [resultPacks, blobPacks]) {
    const compaction = new Compaction(directory, kind, signal);
    try {
      compaction.decide();
      await compaction.run();
    } finally {
      compaction[Symbol.dispose]();
    }
  }
}

class Compaction implements Disposable {
  readonly #folder: string;
  readonly #kind: PackKind;
  readonly #signal: AbortSignal | undefined;
  readonly #breath = new Breath();
  readonly #files = new OpenFiles();
  /** Packs that are to go. They are held by this process. */
  readonly #going: Content[] = [];
  /** Hashes of what is in packs that stay. */
  readonly #elsewhere = new Set<string>();
  #writer: PackWriter | undefined;

  constructor(directory: string, kind: PackKind, signal: AbortSignal | undefined) {
    this.#folder = kind.folderIn(directory);
    this.#kind = kind;
    this.#signal = signal;
  }

  /** Looks at all packs, and takes hold of those that are to go. */
  decide(): void {
    const staying: Content[] = [];
    for (const name of listPacks(this.#folder)) {
      const content = contentOf(new PackFile(this.#files, name));
      const isMean = bytesIn(content) < minShare * content.pack.dataBytes;
      const claimed = isMean || content.kept.length === 0 ? claimPack(name, Date.now()) : undefined;
      if (claimed === undefined) staying.push(content);
      else {
        content.pack.rename(claimed);
        // Read anew: its last holder may have added to it since.
        this.#going.push(contentOf(new PackFile(this.#files, claimed)));
      }
    }
    for (const { records, kept } of staying) {
      for (const at of kept) this.#elsewhere.add(records.hash(at));
    }
  }

  /** Moves what is kept, and removes the packs. */
  async run(): Promise<void> {
    for (let next = this.#going[0]; next !== undefined; next = this.#going[0]) {
      await this.#move(next);
      next.pack.remove();
      this.#going.shift();
    }
  }

  [Symbol.dispose](): void {
    this.#writer?.[Symbol.dispose]();
    for (const { pack } of this.#going) releasePack(pack.name);
    this.#files.closeAll();
  }

  async #move({ pack, records, kept }: Content): Promise<void> {
    let chunks: Buffer[] = [];
    let moved: number[] = [];
    let additions: Addition[] = [];
    let size = 0;
    const flush = (): void => {
      if (additions.length > 0) this.#openWriter().add(Buffer.concat(chunks), additions);
      for (const at of moved) pack.drop(at);
      [chunks, moved, additions, size] = [[], [], [], 0];
    };
    for (const at of kept) {
      const hash = records.hash(at);
      const bytes = pack.read(records.offset(at), records.sizeBytes(at));
      moved.push(at);
      // What is damaged goes with its pack.
      const isWhole = bytes !== undefined && this.#kind.isWhole(bytes, hash);
      if (isWhole && !this.#elsewhere.has(hash)) {
        this.#elsewhere.add(hash);
        chunks.push(bytes);
        additions.push({
          digest: makeDigest(hash, bytes.byteLength),
          usedAtMs: records.usedAtMs(at),
        });
        size += bytes.byteLength;
        if (size >= batchBytes) flush();
      }
      await this.#breath.pause(this.#signal);
    }
    flush();
  }

  #openWriter(): PackWriter {
    if (this.#writer !== undefined && (this.#writer.isFull || !this.#writer.isThere)) {
      this.#writer[Symbol.dispose]();
      this.#writer = undefined;
    }
    this.#writer ??= PackWriter.open(this.#folder, ownBoot(), this.#files);
    return this.#writer;
  }
}

function contentOf(pack: PackFile): Content {
  const { records } = pack.readNew();
  const kept: number[] = [];
  for (let at = 0; at < records.count; at++) {
    if (records.isSound(at) && records.isKept(at)) kept.push(at);
  }
  return { pack, records, kept };
}

function bytesIn({ records, kept }: Content): number {
  return kept.reduce((sum, at) => sum + records.sizeBytes(at), 0);
}
