/**
 * A bucket as a cache.
 *
 *     <prefix>/cas/<hh>/<hash>     a blob                      hh: the first two digits of the hash
 *     <prefix>/ac/<hh>/<hash>      the result of an action     the bytes of a REAPI `ActionResult`
 *
 * An object appears as a whole or not at all, which is all that a cache needs. Nothing is ever removed: a rule of the bucket for
 * the age of objects does that.
 *
 * @module
 */
import { BuildError, hashOf, sizeOf, type ActionKey, type Digest } from "@ashlar/core";

import type { CacheAbilities, CallContext, RemoteCache } from "../remote-cache.ts";
import { Slots } from "../slots.ts";
import { faultOf, isAbsent } from "./faults.ts";
import type { S3CacheOptions } from "./options.ts";
import { S3Requests, type S3Module } from "./requests.ts";
import { GivingFailed, uploadParts } from "./upload-parts.ts";

const mebibyte = 2 ** 20;

/** A cache in a bucket. The package of the client is loaded when it is first needed. */
export class BucketCache implements RemoteCache {
  readonly name: string;
  readonly #prefix: string;
  readonly #partBytes: number;
  readonly #slots: Slots;
  readonly #requests: S3Requests;
  readonly #secrets: readonly string[];
  readonly #ended = new AbortController();
  #abilities: Promise<CacheAbilities> | undefined;

  constructor(options: S3CacheOptions, load: () => Promise<S3Module>) {
    const { bucket, prefix = "", credentials, partBytes = 8 * mebibyte } = options;
    const way = prefix.replace(/^\/+|\/+$/g, "");
    this.name = `s3://${bucket}${way === "" ? "" : `/${way}`}`;
    this.#prefix = way === "" ? "" : `${way}/`;
    this.#partBytes = Math.max(partBytes, 5 * mebibyte);
    this.#slots = new Slots(options.concurrency ?? 64);
    this.#requests = new S3Requests(this.name, options, load);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials ?? {};
    this.#secrets = [accessKeyId, secretAccessKey, sessionToken].filter(
      (each): each is string => each !== undefined && each !== "",
    );
  }

  async abilities({ signal }: CallContext): Promise<CacheAbilities> {
    signal.throwIfAborted();
    this.#abilities ??= this.#ask(signal).catch((error: unknown) => {
      this.#abilities = undefined;
      throw error;
    });
    return await this.#abilities;
  }

  /** What may be written is found out by writing. */
  async #ask(signal: AbortSignal): Promise<CacheAbilities> {
    // A name that nobody has. Not by `HEAD`, whose answer has no room for what is wrong.
    await this.#getWhole(`${this.#prefix}ac/none`, signal);
    return { canWrite: true };
  }

  async missing(digests: readonly Digest[], { signal }: CallContext): Promise<Digest[]> {
    const missing: Digest[] = [];
    await this.#each(digests, async (digest) => {
      const size = await this.#do(
        "read",
        signal,
        async (ended) => await this.#requests.head(this.#blob(digest), ended),
      );
      if (size !== sizeOf(digest)) missing.push(digest);
    });
    return missing;
  }

  async readAll(
    digests: readonly Digest[],
    { signal }: CallContext,
  ): Promise<ReadonlyMap<Digest, Uint8Array>> {
    const blobs = new Map<Digest, Uint8Array>();
    await this.#each(digests, async (digest) => {
      const bytes = await this.#getWhole(this.#blob(digest), signal);
      if (bytes?.byteLength === sizeOf(digest)) blobs.set(digest, bytes);
    });
    return blobs;
  }

  async read(
    digest: Digest,
    offset: number,
    { signal }: CallContext,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const key = this.#blob(digest);
    const size = sizeOf(digest);
    if (offset >= size) {
      // Nothing is left, and a range that is empty cannot be asked for.
      const [absent] = await this.missing([digest], { signal });
      return absent === undefined ? nothing() : undefined;
    }
    const pieces = await this.#do(
      "read",
      signal,
      async (ended) => await this.#requests.get(key, offset, ended),
    );
    return pieces && this.#pieces(pieces, signal);
  }

  async *#pieces(
    pieces: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void> {
    try {
      yield* pieces;
    } catch (error) {
      throw this.#translate(error, "read", signal);
    }
  }

  async writeAll(blobs: ReadonlyMap<Digest, Uint8Array>, { signal }: CallContext): Promise<void> {
    await this.#each([...blobs], async ([digest, bytes]) => {
      await this.#put(this.#blob(digest), bytes, signal);
    });
  }

  async write(
    digest: Digest,
    open: (offset: number) => AsyncIterable<Uint8Array>,
    { signal }: CallContext,
  ): Promise<void> {
    const size = sizeOf(digest);
    await this.#do("write", signal, async (ended) => {
      await uploadParts(this.#requests, {
        key: this.#blob(digest),
        pieces: open(0),
        // There may be 10,000 parts.
        partBytes: Math.max(this.#partBytes, Math.ceil(size / 9000)),
        signal: ended,
      });
    });
  }

  async getResult(key: ActionKey, { signal }: CallContext): Promise<Uint8Array | undefined> {
    return await this.#getWhole(this.#result(key), signal);
  }

  async putResult(key: ActionKey, message: Uint8Array, { signal }: CallContext): Promise<void> {
    await this.#put(this.#result(key), message, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new Error(`\`${this.name}\` is not in use any more`));
    await this.#requests.end();
  }

  #blob(digest: Digest): string {
    return this.#object("cas", digest);
  }

  #result(key: ActionKey): string {
    return this.#object("ac", key);
  }

  #object(half: "ac" | "cas", digest: Digest): string {
    const hash = hashOf(digest);
    return `${this.#prefix}${half}/${hash.slice(0, 2)}/${hash}`;
  }

  async #getWhole(key: string, signal: AbortSignal): Promise<Buffer | undefined> {
    return await this.#do("read", signal, async (ended) => {
      const pieces = await this.#requests.get(key, 0, ended);
      if (pieces === undefined) return undefined;
      const all: Uint8Array[] = [];
      for await (const piece of pieces) all.push(piece);
      return Buffer.concat(all);
    });
  }

  async #put(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#do("write", signal, async (ended) => await this.#requests.put(key, bytes, ended));
  }

  async #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    await Promise.all(items.map(work));
  }

  /** Makes requests when it is their turn. What is not there is `undefined`; other failures are told in our words. */
  async #do<T>(
    what: "read" | "write",
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    this.#ended.signal.throwIfAborted();
    const either = AbortSignal.any([signal, this.#ended.signal]);
    try {
      return await this.#slots.use(either, async () => await work(either));
    } catch (error) {
      if (what === "read" && !either.aborted && isAbsent(error)) return undefined;
      throw this.#translate(error, what, either);
    }
  }

  #translate(error: unknown, what: "read" | "write", signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof BuildError) return error;
    if (error instanceof GivingFailed) return error.reason;
    const conceal = (text: string): string =>
      this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
    return faultOf(error, { name: this.name, conceal }, what);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {
  // There is no piece left.
}
