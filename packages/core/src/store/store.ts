/**
 * The store: what builds remember. Blobs by their digest, and action results by action key.
 *
 * Two small interfaces, so that wrappers and remotes can serve either. Every implementation passes
 * the contract suite in `testing/store-contract.ts`, which cites the guarantees below by number.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Digest } from "../digest/digest.ts";
import type { RemoteCacheUse } from "../events/event.ts";
import type { ActionResult } from "../graph/action-result.ts";
import type { ActionKey } from "../graph/action.ts";
import type { CacheKeeper } from "./caches.ts";

/**
 * Digest to bytes.
 *
 * 1. What was written can be read, byte for byte, by this process and any other on the same store.
 * 2. Bytes are never served under a digest that is not theirs. A blob that is missing, cut short or
 *    altered is *lost*: reading it rejects with `BLOB_LOST`, and from then on it is missing.
 * 3. Writing is idempotent and safe under concurrency, in one process and between several.
 * 4. A reader never sees part of a blob.
 * 5. The empty blob is always there.
 * 6. `find`, where there is one, resolves with the digest of a blob that is there and whole, or with
 *    `undefined`.
 */
export interface ContentStore {
  /** Those of the digests whose blobs are not there. Does not look into blobs. */
  missing(digests: Iterable<Digest>): Promise<Digest[]>;
  /** The whole blob. Rejects with `BLOB_LOST`. */
  read(digest: Digest): Promise<Buffer>;
  /** Keeps bytes. Rejects with `STORE_UNWRITABLE`. */
  write(bytes: Uint8Array): Promise<Digest>;
  /** Keeps what a file holds at this moment. Rejects with the error of reading it, or as `write`. */
  writeFile(path: string): Promise<Digest>;
  /** Makes a new file with the blob's bytes. Rejects with `BLOB_LOST`, or the error of making it. */
  copyTo(digest: Digest, path: string, mode: number): Promise<void>;
  /**
   * As `copyTo` for each, in any order; for stores that can do many faster than one after another. What
   * was made stays when it rejects, also when it does with the signal's reason.
   */
  copyAll?(copies: readonly Copy[], signal?: AbortSignal): Promise<void>;
  /**
   * Whether somebody has promised a tree, with all that is in it, that nobody has looked into: for stores that would have
   * to fetch it from elsewhere to know. It counts as there. A promise that turns out to be broken is one no more, and
   * who looks into the tree gets `BLOB_LOST`.
   */
  promisesTree?(root: Digest): boolean;
  /**
   * As `read`, of the message of a directory: for stores that get trees from elsewhere as a whole, and not one directory
   * after another.
   */
  readonly readDirectory?: ((digest: Digest) => Promise<Buffer>) | undefined;
  /** Takes in many small blobs faster than one after another. */
  readonly intake?: (() => Intake) | undefined;
  /**
   * The digest of the blob with a SHA-256, in hexadecimal, if it is there and whole. For stores that can tell
   * without knowing its size; it may have to read the blob.
   */
  readonly find?: ((sha256: string) => Promise<Digest | undefined>) | undefined;
  /**
   * How the places look that blobs lie in: as long as they look so, all of them are there, as far as `missing` can
   * tell. `undefined` when one is not there, or a later look would prove nothing. For stores in which a look at a few
   * places is faster than one for each blob.
   */
  readonly lookAt?: ((digests: Iterable<Digest>) => string | undefined) | undefined;
  /** Whether the places look as `lookAt` has said. Marks nothing as used. */
  readonly looksAs?: ((look: string) => boolean) | undefined;
  /** A new path on the store's own disk, for a large file on its way. May throw the error of a system call. */
  readonly temporaryPath?: (() => string) | undefined;
  /**
   * Takes a file in without a copy, from a path that `temporaryPath` gave, where nobody writes to it any more.
   * Rejects with `STORE_UNWRITABLE`; then the file may still be there.
   *
   * @param digest - That of the file, as the caller has found it.
   */
  readonly adopt?: ((path: string, digest: Digest) => Promise<void>) | undefined;
}

/** A file that is to be made of a blob. */
export interface Copy {
  readonly digest: Digest;
  readonly path: string;
  readonly mode: number;
  /** Modification time, in seconds since 1970. @defaultValue the present */
  readonly mtime?: number | undefined;
}

/**
 * Takes in small blobs, through memory of its own that they are read into.
 *
 * @example
 * ```ts
 * const room = intake.room(size);
 * const digest = intake.keep(fs.readSync(file, room));
 * await intake.pause?.();
 * await intake.end();
 * ```
 */
export interface Intake {
  /** Size of the largest blob that it takes, in bytes. */
  readonly maxBytes: number;
  /** Memory for a blob of at most that size, to be filled and kept before it is asked for again. */
  room(sizeBytes: number): Buffer;
  /** Keeps the first bytes of the room. Throws `STORE_UNWRITABLE`. The blob may be there only at the end. */
  keep(sizeBytes: number): Digest;
  /**
   * Keeps blobs that lie one after another in memory of the caller, and have these digests. Resolves when the
   * memory may be used for something else, until when the store may write to it. Rejects with
   * `STORE_UNWRITABLE`. The blobs may be there only at the end.
   *
   * Without it, an intake gets all from the thread that it is used on.
   */
  keepAll?(bytes: Buffer, digests: readonly Digest[]): Promise<void>;
  /**
   * Lets blobs be written that were kept; `undefined` when there is no need. For those who take in many, to
   * await between two of them: otherwise whatever does not fit into memory is written there and then.
   * Rejects with `STORE_UNWRITABLE`.
   */
  pause?(): Promise<void> | undefined;
  /** Sees to it that all that was kept is there. Rejects with `STORE_UNWRITABLE`. */
  end(): Promise<void>;
}

/**
 * Action key to action result.
 *
 * 1. What was put can be got, by this process and any other on the same store.
 * 2. A damaged entry is absent.
 * 3. The last one put stands.
 */
export interface ActionCache {
  get(key: ActionKey): Promise<ActionResult | undefined>;
  put(key: ActionKey, result: ActionResult): Promise<void>;
}

/**
 * Small files that make later builds faster. Losing one loses time and nothing else: what is read back
 * is either what was last written under the name, whole, or `undefined`.
 */
export interface Notes {
  read(name: string): Buffer | undefined;
  /** Does nothing where it cannot be done. The bytes must not change any more. */
  write(name: string, bytes: Uint8Array): void;
}

/**
 * Who runs what at this moment, among all that share a store.
 *
 * 1. A key that was taken is nobody else's, in this process or another on the same host, until it is
 *    disposed of, or its process is dead.
 * 2. Nothing rests on that. Where it cannot be found out who has a key, everybody gets it.
 */
export interface Claims {
  /** Takes a key for the run of its action. `undefined` when somebody else has it. */
  take(key: ActionKey): Disposable | undefined;
  /** Resolves when nobody has the key. Rejects with the signal's reason. */
  released(key: ActionKey, clock: Clock, signal: AbortSignal): Promise<void>;
}

/** A build, as far as a store must know of it. */
export interface ServedBuild {
  readonly clock: Clock;
  /** Aborted when the build is cancelled. */
  readonly signal: AbortSignal;
  /** Whether no earlier build of the same has left notes here, so that every result will be looked for. */
  readonly isFirst: boolean;
}

/** An output that a build has found, or had made elsewhere. */
export interface FoundOutput {
  readonly kind: "file" | "tree";
  readonly digest: Digest;
}

/**
 * What a store does for one build, beside keeping things. Whoever calls it is at work, as a clock sees it: if it waits for
 * time, it says so (`Activity`).
 */
export interface StoreService {
  /** The store as the build is to use it: what is done through it is told of as done for this build. @defaultValue itself */
  readonly store?: Store | undefined;
  /**
   * Sees to it that outputs of a target can be had, however they were promised. Rejects with `BLOB_LOST`, or with
   * the reason of the build's signal.
   */
  secure(outputs: Iterable<FoundOutput>): Promise<void>;
  /**
   * Ends what is under way for the build, in good order, or at once when the build is cancelled. Resolves with what
   * there is to tell, if anything. Never rejects.
   *
   * @param reused - Keys of the results that the build has reused, also of those that were never looked up.
   */
  finish(reused?: Iterable<ActionKey>): Promise<RemoteCacheUse | undefined>;
}

/** Both halves, and the notes of builds, if the store has room for such. */
export interface Store {
  /** The directory that it lies in, absolute, if there is one on this machine. What is there is part of no source. */
  readonly directory?: string | undefined;
  readonly content: ContentStore;
  readonly actions: ActionCache;
  readonly notes?: Notes | undefined;
  /** Directories that survive between runs. Where there is no room for any, they last for a build. */
  readonly caches?: CacheKeeper | undefined;
  /** Keeps processes that build the same from doing so at once. */
  readonly claims?: Claims | undefined;
  /** Keeps what is used from now on from being collected as garbage, until disposed of. */
  readonly hold?: (() => Disposable) | undefined;
  /** Serves a build, until it is finished: for stores that do more than keep what they are given. */
  readonly serve?: ((build: ServedBuild) => StoreService) | undefined;
  /** Marks results as used that are reused without a look at them. */
  readonly markUsed?: ((keys: Iterable<ActionKey>) => void) | undefined;
}
