/**
 * Remote caches: what a service elsewhere must be able to do, so that builds can share what they made.
 *
 * The interface is small, so that a Remote Execution API server, a directory that several machines mount, and
 * a bucket of object storage can all serve it. It does not judge: whether a blob's bytes are its digest's, whether a
 * result is to be trusted, when to give up on a service, and what is fetched at all, is decided once, in front of it.
 * The guarantees are numbered; the suite in `test/remote-cache-contract.ts` cites them.
 *
 * @module
 */
import { BuildError, type ActionKey, type Digest, type Hermeticity } from "@ashlar/core";

/** What goes with each call. */
export interface CallContext {
  /** Ends the call: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** What a service said that it can do. */
export interface CacheAbilities {
  /** Whether it takes blobs and results from us. */
  readonly canWrite: boolean;
}

/**
 * A cache that is somewhere else.
 *
 * 1. What was written can be read until the service drops it, which it may do at any time.
 * 2. Absence is an answer, not an error: a missing digest, `undefined`, a digest left out.
 * 3. A rejection with `REMOTE_UNAVAILABLE` may go away when the call is made again: not before `retryAfterMs` of its
 *    `cause`, where that is a number. One with any other code will not.
 * 4. Writing is idempotent and safe under concurrency.
 * 5. Calls may be made any number at once, look-ups also while `abilities` is under way; how many are under way is
 *    limited by the implementation.
 * 6. No token, key or header of the options is in any message.
 * 7. A call whose signal is aborted rejects with its reason, soon. Others go on.
 * 8. A reader never gets part of a result, nor part of a small blob.
 */
export interface RemoteCache {
  /** For people, without anything secret: `grpcs://cache.example:443/main`. */
  readonly name: string;
  /**
   * How far commands are kept to their inputs that its own workers run: results that they have left, which name none of our
   * clients, are labelled with it. Absent where nobody executes anything, so that whoever has left such a result is unknown.
   */
  readonly hermeticity?: Hermeticity | undefined;
  /** Asks the service, once; later calls resolve with the same. Rejects when it cannot serve us. */
  abilities(context: CallContext): Promise<CacheAbilities>;
  /** Those of the digests whose blobs are not there. Any number of them. */
  missing(digests: readonly Digest[], context: CallContext): Promise<Digest[]>;
  /** Whole blobs, for small ones; any number of them. Those that are not there are left out. */
  readAll(
    digests: readonly Digest[],
    context: CallContext,
  ): Promise<ReadonlyMap<Digest, Uint8Array>>;
  /**
   * The bytes of a blob from an offset on, in pieces; `undefined` when it is not there. May reject, or end early, in
   * the middle: the caller goes on from where it stands.
   */
  read(
    digest: Digest,
    offset: number,
    context: CallContext,
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Keeps small blobs; any number of them. Rejects when one of them was not taken. */
  writeAll(blobs: ReadonlyMap<Digest, Uint8Array>, context: CallContext): Promise<void>;
  /** Keeps one blob of any size. `open` gives its bytes from an offset on, again if the call has to begin again. */
  write(
    digest: Digest,
    open: (offset: number) => AsyncIterable<Uint8Array>,
    context: CallContext,
  ): Promise<void>;
  /** The bytes of an `ActionResult`; `undefined` when there is none. */
  getResult(key: ActionKey, context: CallContext): Promise<Uint8Array | undefined>;
  /** Keeps an `ActionResult`. All that it names has to be there. */
  putResult(key: ActionKey, message: Uint8Array, context: CallContext): Promise<void>;
  /** A build begins, and none goes on: remarks are about it from now on. */
  begin?(): void;
  /** What else a summary of a build should say, one clause each: `3 results were not believed: …`. */
  remarks?(): readonly string[];
  /** Ends what is under way. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** True for a rejection of a remote cache that may go away when the call is made again. */
export function mayPass(error: unknown): boolean {
  return error instanceof BuildError && error.code === "REMOTE_UNAVAILABLE";
}
