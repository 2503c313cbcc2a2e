/**
 * Verifying: every byte of a store is looked at.
 *
 * Builds check what they read; this checks what nobody reads. What is damaged is moved to `quarantine/`,
 * where the store does not look, so that it is missing from then on and made again when it is needed,
 * and can still be examined.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { basename, join, relative } from "node:path";

import { Breath } from "../base/breath.ts";
import { digestBytes, emptyDigest, hashOf, type Digest } from "../digest/digest.ts";
import { digestFile, largeBytes } from "../digest/file-digester.ts";
import { storeUnwritable } from "../errors/store-errors.ts";
import type { ActionResult } from "../graph/action-result.ts";
import { BlobReader } from "./blob-reader.ts";
import type { DiskStore } from "./disk-store.ts";
import { makeFolder } from "./folder.ts";
import {
  isNamed,
  isStore,
  listFolder,
  listHalf,
  tally,
  type Item,
  type NamedItem,
  type Tally,
} from "./inventory.ts";
import { blobPacks, resultPacks } from "./pack-kinds.ts";
import { readDirectoryAt, readResultAt, resultOf } from "./reach.ts";
import { unsealBytes } from "./seal.ts";
import type { Half } from "./store-files.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";
import { verifyPacks, type PackFinding } from "./verify-packs.ts";

/** Something that is not as it should be. */
export interface StoreProblem {
  /**
   * - `damaged-blob`: its bytes are not those that it is named for.
   * - `damaged-result`: its seal does not fit, so it was cut short, altered, or put in another's place.
   * - `damaged-note`: the same, of what only makes builds faster.
   * - `stray`: it has no name under which anybody would look for it, or is no file.
   * - `incomplete-result`: it names a blob that is not there. It stays; to a build it is a miss.
   */
  readonly kind: "damaged-blob" | "damaged-result" | "damaged-note" | "stray" | "incomplete-result";
  /** Where it was found, relative to the store. */
  readonly path: string;
  /** Where it is now, relative to the store; `undefined` when it stayed. */
  readonly movedTo: string | undefined;
  /** The first blob that an incomplete result names and that is not there. */
  readonly missing: Digest | undefined;
}

/** What a verification found. */
export interface VerificationReport {
  /** Results that are whole, the incomplete ones among them. */
  readonly results: Tally;
  /** Blobs that are whole. */
  readonly blobs: Tally;
  readonly problems: readonly StoreProblem[];
}

/** How to verify. */
export interface VerifyOptions {
  /** Hears of each problem when it is found. */
  readonly onProblem?: (problem: StoreProblem) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads every blob and result of a store, and moves what is damaged out of the way. Safe beside builds
 * and collectors.
 *
 * @throws {@link BuildError} `STORE_UNWRITABLE` when something damaged cannot be moved, or something
 *   else is in the place of the store. Rejects with the signal's reason, or what `onProblem` throws.
 */
export async function verifyStore(
  store: DiskStore,
  options: VerifyOptions = {},
): Promise<VerificationReport> {
  const { directory } = store;
  options.signal?.throwIfAborted();
  isStore(directory);
  store.checkVersion();
  const verification = new Verification(directory, options);
  try {
    // Blobs first: a result that names a damaged one is incomplete by then.
    const blobs = await verification.verify("cas");
    const results = await verification.verify("ac");
    verification.verifyNotes();
    return { results, blobs, problems: verification.problems };
  } catch (error) {
    throw isSystemError(error) ? storeUnwritable(directory, error) : error;
  }
}

/** What is said of damage. */
const damaged = { ac: "damaged-result", cas: "damaged-blob" } as const;

class Verification {
  readonly problems: StoreProblem[] = [];
  readonly #directory: string;
  readonly #reader: BlobReader;
  readonly #options: VerifyOptions;
  readonly #breath = new Breath();
  /** Of directories that were walked: the first blob that is missing in or below, if any is. */
  readonly #missingIn = new Map<Digest, Digest | undefined>();

  constructor(directory: string, options: VerifyOptions) {
    this.#directory = directory;
    this.#reader = new BlobReader(directory);
    this.#options = options;
  }

  /** Verifies blobs or results. Returns how many are whole. */
  async verify(half: Half): Promise<Tally> {
    const whole: { readonly bytes: number }[] = [];
    for (const finding of verifyPacks(this.#directory, half === "cas" ? blobPacks : resultPacks)) {
      if (finding.kind !== "whole") this.#tellOf(half, finding);
      else {
        whole.push({ bytes: finding.sizeBytes });
        const { path, hash, bytes } = finding;
        const result = half === "ac" ? resultOf(bytes, hash) : undefined;
        if (result !== undefined) this.#look(path, result);
      }
      await this.#breath.pause(this.#options.signal);
    }
    // Listed as a whole first: what is moved meanwhile should not disturb the listing.
    for (const item of [...listHalf(this.#directory, half)]) {
      if (await this.#verify(half, item)) whole.push(item);
      await this.#breath.pause(this.#options.signal);
    }
    return tally(whole);
  }

  /** Verifies what makes later builds faster. */
  verifyNotes(): void {
    for (const { path } of [...listFolder(this.#directory, "notes")]) {
      const bytes = unlessDenied(() => fs.readFileSync(path));
      if (bytes === undefined || unsealBytes(bytes, basename(path)) !== undefined) continue;
      this.#tell({ kind: "damaged-note", path, movedTo: this.#move("notes", path) });
    }
  }

  /** Verifies one file. True when it is whole, and still there. */
  async #verify(half: Half, item: Item): Promise<boolean> {
    if (!isNamed(item)) {
      this.#tell({ kind: "stray", path: item.path, movedTo: this.#move(half, item.path) });
      return false;
    }
    const { path, hash } = item;
    const isSound = await isAsNamed(half, path, hash);
    if (isSound === false) await this.#quarantine(half, item);
    if (isSound !== true) return false;
    const result = half === "ac" ? readResultAt(path, hash) : undefined;
    if (result !== undefined) this.#look(path, result);
    return true;
  }

  /** Tells of a result if something is missing that it names. */
  #look(path: string, result: ActionResult): void {
    const missing = this.#missingOf(result);
    // A collector takes results first: one that is still there is incomplete by another's doing.
    if (missing !== undefined && fs.existsSync(path)) {
      this.#tell({ kind: "incomplete-result", path, missing });
    }
  }

  #tellOf(half: Half, finding: Exclude<PackFinding, { kind: "whole" }>): void {
    const { path } = finding;
    const folder = half === "cas" ? "packs" : "results";
    if (finding.kind === "stray") {
      this.#tell({ kind: "stray", path, movedTo: this.#move(folder, path) });
      return;
    }
    const isDamaged = finding.kind === "damaged";
    const movedTo = isDamaged
      ? this.#quarantinePath(half, finding.hash)
      : this.#quarantinePath(folder, basename(path));
    fs.writeFileSync(movedTo, finding.bytes, { flag: "wx" });
    this.#tell({ kind: isDamaged ? damaged[half] : "stray", path, movedTo });
  }

  async #quarantine(half: Half, { path, hash }: NamedItem): Promise<void> {
    const movedTo = this.#move(half, path);
    if (movedTo === undefined) return;
    // A build may have put a good one there since it was read. That one goes back.
    if ((await isAsNamed(half, movedTo, hash)) === true) return fs.renameSync(movedTo, path);
    this.#tell({ kind: damaged[half], path, movedTo });
  }

  /** Moves a file out of the way; `undefined` when somebody else has. */
  #move(folderName: Half | "notes" | "packs" | "results", path: string): string | undefined {
    const movedTo = this.#quarantinePath(folderName, basename(path));
    try {
      fs.renameSync(path, movedTo);
      return movedTo;
    } catch (error) {
      if (isSystemError(error) && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  #quarantinePath(folderName: string, name: string): string {
    const folder = join(this.#directory, "quarantine");
    makeFolder(folder);
    return join(folder, `${folderName}-${name}-${randomUUID()}`);
  }

  /** The first blob that a result names and that is not there. */
  #missingOf({ files, directories, stdout, stderr }: ActionResult): Digest | undefined {
    const blobs = [stdout, stderr, ...files.map(({ digest }) => digest)];
    blobs.push(...directories.map(({ treeDigest }) => treeDigest));
    const missing = blobs.find((digest) => !this.#reader.isThere(digest));
    if (missing !== undefined) return missing;
    for (const { rootDigest } of directories) {
      const below = this.#missingBelow(rootDigest);
      if (below !== undefined) return below;
    }
    return undefined;
  }

  /** The first blob that is missing in a tree, the messages of its directories included. */
  #missingBelow(tree: Digest): Digest | undefined {
    if (tree === emptyDigest) return undefined;
    if (this.#missingIn.has(tree)) return this.#missingIn.get(tree);
    const directory = readDirectoryAt(this.#reader, tree);
    let missing = directory ? undefined : tree;
    missing ??= directory?.files.find(({ digest }) => !this.#reader.isThere(digest))?.digest;
    for (const { digest } of directory?.directories ?? []) missing ??= this.#missingBelow(digest);
    this.#missingIn.set(tree, missing);
    return missing;
  }

  #tell({ kind, path, movedTo, missing }: Found): void {
    const short = (full: string): string => relative(this.#directory, full);
    const problem = { kind, path: short(path), movedTo: movedTo && short(movedTo), missing };
    this.problems.push(problem);
    this.#options.onProblem?.(problem);
  }
}

/** A problem, with absolute paths. */
interface Found {
  readonly kind: StoreProblem["kind"];
  readonly path: string;
  readonly movedTo?: string | undefined;
  readonly missing?: Digest;
}

/** Whether a file holds what its name says; `undefined` when it is gone. */
async function isAsNamed(half: Half, path: string, hash: string): Promise<boolean | undefined> {
  try {
    const { size } = fs.statSync(path);
    if (half === "ac") return readResultAt(path, hash) !== undefined || gone(path);
    const digest = size < largeBytes ? digestBytes(fs.readFileSync(path)) : await digestFile(path);
    return hashOf(digest) === hash;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // What the disk does not give back is damaged, too.
    return error.code === "ENOENT" ? undefined : false;
  }
}

function gone(path: string): false | undefined {
  return fs.existsSync(path) ? false : undefined;
}
