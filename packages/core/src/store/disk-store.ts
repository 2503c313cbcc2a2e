/**
 * A store in a directory.
 *
 *     packs/              small blobs, many in a file   see `packs.ts`
 *     results/            REAPI ActionResults, sealed   see `packed-results.ts`
 *     cas/<hh>/<hash>     a larger blob                 hh: the first two digits of the hash
 *     ac/<hh>/<hash>      a result, in stores from before results were packed
 *     notes/<name>        what makes later builds faster, sealed
 *     caches/<name>/      a directory that survives between runs
 *     trees/              inputs that runners keep laid out: theirs alone
 *     claims/<hash>       an action that is being run
 *     tmp/                files on their way
 *     version             of this layout
 *
 * What else is there serves the care of the store: `lease.ts`, `collector-lock.ts`, `verify-store.ts`.
 *
 * No daemon, and no lock. Files are written under a temporary name and renamed, and a pack has one
 * writer, so everything is there as a whole or not at all, whoever else is at work. Bytes are checked
 * against their digest whenever they leave the store, because disks lose power.
 *
 * @module
 */
import * as fs from "node:fs";
import { join, resolve } from "node:path";

import { describe } from "../base/describe.ts";
import {
  digestBytes,
  emptyDigest,
  hashOf,
  makeDigest,
  sizeOf,
  type Digest,
} from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { blobLost } from "../errors/store-errors.ts";
import {
  decodeActionResult,
  encodeActionResult,
  type ActionResult,
} from "../graph/action-result.ts";
import type { ActionKey } from "../graph/action.ts";
import { BlobFiles } from "./blob-files.ts";
import { ownBoot } from "./boot.ts";
import { DiskCaches } from "./caches.ts";
import { DiskClaims } from "./claims.ts";
import { copyEach } from "./copy-each.ts";
import { copyFromPacks, writeNew } from "./copy-out.ts";
import { StoreLease } from "./lease.ts";
import { PackIntake, type PackSink } from "./pack-intake.ts";
import type { PackLook } from "./pack-look.ts";
import type { Addition } from "./pack-writer.ts";
import { PackedResults } from "./packed-results.ts";
import { Packs } from "./packs.ts";
import { ResultFiles } from "./result-files.ts";
import { sealBytes, unsealBytes } from "./seal.ts";
import { StoreFiles } from "./store-files.ts";
import { checkVersion, markVersion } from "./store-version.ts";
import type { ActionCache, ContentStore, Copy, Intake, Notes, Store } from "./store.ts";
import { isSystemError } from "./system-error.ts";

/** Blobs up to this size go into packs. */
export const packedBytes: number = 128 * 1024;

/** Files up to this size are handled in one synchronous piece; that is faster than going async. */
const smallBytes = 1024 * 1024;

/** What shows that blobs are still there. What was written in another boot may have been lost with the power. */
interface StoreLook {
  readonly boot: number;
  readonly packs: readonly PackLook[];
  readonly files: readonly Digest[];
}

/**
 * A store in a directory, shared freely between processes.
 *
 * Its methods throw `STORE_TOO_NEW`, or reject with it, when a later version has laid it out.
 */
export class DiskStore implements Store, ContentStore, ActionCache {
  readonly directory: string;
  readonly claims: DiskClaims;
  readonly #files: StoreFiles;
  readonly #blobs: BlobFiles;
  readonly #packs: Packs;
  readonly #results: PackedResults;
  readonly #resultFiles: ResultFiles;
  readonly #sink: PackSink = {
    spare: undefined,
    has: (digest) => this.#packs.has(digest),
    add: (bytes, blobs) => {
      this.#packs.look();
      this.#add(bytes, blobs);
      this.#packs.look();
    },
    addSoon: async (bytes, blobs) => {
      this.#markVersion();
      this.#packs.look();
      const isAdded = await this.#packs.addSoon(bytes, blobs);
      this.#packs.look();
      return isAdded;
    },
  };
  #isChecked = false;
  #isMarked = false;
  #holds = 0;
  #caches: DiskCaches | undefined;

  /**
   * @param directory - Absolute, or relative to where the process works now. Made when something is first
   *   written.
   * @throws {@link BuildError} `INVALID_OPTION` when it is no path.
   */
  constructor(directory: string) {
    if (typeof directory !== "string" || directory === "") {
      throw invalidOption("directory", describe(directory), "the path of a store's directory");
    }
    // Given to everything as one: the process may go to work elsewhere.
    directory = resolve(directory);
    this.directory = directory;
    this.claims = new DiskClaims(directory);
    this.#files = new StoreFiles(directory);
    this.#blobs = new BlobFiles(this.#files);
    this.#packs = new Packs(directory);
    this.#results = new PackedResults(directory);
    this.#resultFiles = new ResultFiles(this.#files);
  }

  get content(): ContentStore {
    return this;
  }

  get actions(): ActionCache {
    return this;
  }

  get caches(): DiskCaches {
    return (this.#caches ??= new DiskCaches(this.directory, () => this.temporaryPath()));
  }

  readonly notes: Notes = {
    read: (name) => {
      this.checkVersion();
      try {
        return unsealBytes(fs.readFileSync(join(this.directory, "notes", name)), name);
      } catch (error) {
        if (isSystemError(error)) return undefined;
        throw error;
      }
    },
    write: (name, bytes) => {
      this.checkVersion();
      try {
        const temporary = this.#files.temporaryPath();
        fs.writeFileSync(temporary, sealBytes(bytes, name), { flag: "wx" });
        fs.renameSync(temporary, join(this.#files.folder("notes"), name));
      } catch (error) {
        if (!isSystemError(error)) throw error;
      }
    },
  };

  async missing(digests: Iterable<Digest>): Promise<Digest[]> {
    this.checkVersion();
    const asked = [...digests].filter((digest) => digest !== emptyDigest);
    const large = asked.filter((digest) => !isSmall(digest) && !this.#blobs.has(digest));
    const unpacked = new Set(this.#packs.missing([...asked.filter(isSmall), ...large]));
    const found = (digest: Digest): boolean => isSmall(digest) && this.#blobs.has(digest);
    return asked.filter((digest) => unpacked.has(digest) && !found(digest));
  }

  /** Blobs that are files are looked at one by one: there are few, and large ones. */
  lookAt(digests: Iterable<Digest>): string | undefined {
    this.checkVersion();
    const [packed, files]: Digest[][] = [[], []];
    for (const digest of new Set(digests)) {
      if (digest !== emptyDigest) (this.#packs.has(digest) ? packed : files)?.push(digest);
    }
    const packs = this.#packs.lookAt(packed ?? []);
    if (packs === undefined || files?.some((digest) => !this.#blobs.has(digest))) return undefined;
    const look: StoreLook = { boot: ownBoot(), packs, files: files ?? [] };
    return JSON.stringify(look);
  }

  looksAs(look: string): boolean {
    this.checkVersion();
    const { boot, packs, files } = JSON.parse(look) as StoreLook;
    if (boot !== ownBoot() || !this.#packs.lookAs(packs)) return false;
    return files.every((digest) => this.#blobs.isThere(digest));
  }

  async read(digest: Digest): Promise<Buffer> {
    return this.#read(digest);
  }

  async write(bytes: Uint8Array): Promise<Digest> {
    this.checkVersion();
    const digest = digestBytes(bytes);
    if (digest === emptyDigest) return digest;
    if (isSmall(digest)) this.#pack(bytes, digest);
    else {
      this.#markVersion();
      this.#blobs.write(digest, bytes);
    }
    return digest;
  }

  async writeFile(path: string): Promise<Digest> {
    this.checkVersion();
    const small = readSmallFile(path);
    if (small !== undefined) return await this.write(small);
    this.#markVersion();
    return await this.#blobs.writeFile(path);
  }

  async adopt(path: string, digest: Digest): Promise<void> {
    this.checkVersion();
    if (isSmall(digest)) {
      await this.writeFile(path);
      fs.rmSync(path, { force: true });
      return;
    }
    this.#markVersion();
    this.#blobs.adopt(path, digest);
  }

  async copyTo(digest: Digest, path: string, mode: number): Promise<void> {
    if (sizeOf(digest) <= smallBytes) return writeNew({ digest, path, mode }, this.#read(digest));
    this.checkVersion();
    const why = await this.#blobs.copyTo(digest, path, mode);
    if (why !== undefined) throw this.#lose(digest, why);
  }

  async copyAll(copies: readonly Copy[], signal?: AbortSignal): Promise<void> {
    this.checkVersion();
    const small = copies.filter(({ digest }) => isSmall(digest));
    const others = await copyFromPacks(this.#packs, small, signal);
    const large = copies.filter(({ digest }) => !isSmall(digest));
    await copyEach(this, [...others, ...large], signal);
  }

  intake(): Intake {
    this.checkVersion();
    this.#packs.look();
    return new PackIntake(this.#sink, packedBytes);
  }

  async find(sha256: string): Promise<Digest | undefined> {
    this.checkVersion();
    if (sha256 === hashOf(emptyDigest)) return emptyDigest;
    const size = this.#packs.sizeOf(sha256);
    const packed = size === undefined ? undefined : makeDigest(sha256, size);
    if (packed !== undefined && this.#packs.read(packed) !== undefined) return packed;
    return await this.#blobs.find(sha256);
  }

  async get(key: ActionKey): Promise<ActionResult | undefined> {
    this.checkVersion();
    try {
      const bytes = this.#results.get(key) ?? this.#resultFiles.get(key);
      return bytes && decodeActionResult(bytes);
    } catch (error) {
      // Unreadable for whatever reason: the action runs again, and its result replaces this one.
      if (error instanceof BuildError || isSystemError(error)) return undefined;
      throw error;
    }
  }

  async put(key: ActionKey, result: ActionResult): Promise<void> {
    this.checkVersion();
    this.#markVersion();
    this.#files.guard(() => this.#results.put(key, encodeActionResult(result)));
  }

  markUsed(keys: Iterable<ActionKey>): void {
    this.checkVersion();
    for (const key of keys) {
      if (!this.#results.markUsed(key)) this.#resultFiles.markUsed(key);
    }
  }

  /** When the last hold is over, the pack that this process wrote to is free for others. */
  hold(): Disposable {
    this.checkVersion();
    const lease = new StoreLease(this.directory);
    this.#holds++;
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        lease[Symbol.dispose]();
        if (isOver) return;
        isOver = true;
        this.#holds--;
        this.releasePack();
        this.claims.tidy();
      },
    };
  }

  /** Leaves the pack that this process writes to for others, unless a build goes on. */
  releasePack(): void {
    if (this.#holds > 0) return;
    this.#packs.release();
    this.#results.release();
  }

  /** A new path on the store's file system, for work that will be moved in or thrown away. */
  temporaryPath(): string {
    return this.#files.temporaryPath();
  }

  /**
   * Checks, once, that this code knows the layout of the store.
   *
   * @throws {@link BuildError} `STORE_TOO_NEW`
   */
  checkVersion(): void {
    if (this.#isChecked) return;
    checkVersion(this.directory);
    this.#isChecked = true;
  }

  #read(digest: Digest): Buffer {
    this.checkVersion();
    if (digest === emptyDigest) return Buffer.alloc(0);
    const packed = isSmall(digest) ? this.#packs.read(digest) : undefined;
    if (packed !== undefined) return packed;
    const blob = this.#blobs.read(digest);
    if (typeof blob !== "string") return blob;
    const unlikely = isSmall(digest) ? undefined : this.#packs.read(digest);
    if (unlikely === undefined) throw this.#lose(digest, blob);
    return unlikely;
  }

  /** Makes sure that a bad blob is not found again, and says so. */
  #lose(digest: Digest, why: string): BuildError {
    this.#blobs.drop(digest);
    return blobLost(digest, why);
  }

  #pack(bytes: Uint8Array, digest: Digest): void {
    this.#packs.look();
    if (!this.#packs.has(digest)) this.#add(bytes, [{ digest }]);
  }

  #add(bytes: Uint8Array, blobs: readonly Addition[]): void {
    this.#markVersion();
    this.#files.guard(() => this.#packs.add(bytes, blobs));
  }

  #markVersion(): void {
    if (this.#isMarked) return;
    this.#files.guard(() => markVersion(this.#files));
    this.#isMarked = true;
  }
}

function isSmall(digest: Digest): boolean {
  return sizeOf(digest) <= packedBytes;
}

/** What a file holds, if it is small: in one go, without the detour of an asynchronous read. */
function readSmallFile(path: string): Buffer | undefined {
  const file = fs.openSync(path, "r");
  try {
    return fs.fstatSync(file).size <= smallBytes ? fs.readFileSync(file) : undefined;
  } finally {
    fs.closeSync(file);
  }
}
