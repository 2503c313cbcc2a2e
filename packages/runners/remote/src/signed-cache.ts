/**
 * Signed caches: results that count only when somebody vouches for them whom we trust.
 *
 *     putResult ──▶ sign ──▶ cache ──▶ check ──▶ getResult, or a miss
 *
 * Blobs are named by their digests, so nobody can pass off one for another. A result is named by what was run, and
 * whoever may write to a cache can claim anything of it. With signatures, those who can write and those who are
 * believed are not the same: a pull request may fill a cache that a release reads.
 *
 * What is handed on is written anew from what was checked, so that nothing comes along that nobody vouched for.
 *
 * @module
 */
import {
  BuildError,
  decodeActionResult,
  encodeActionResult,
  signedBytes,
  Signer,
  Verifier,
  type ActionKey,
  type Digest,
  type Hermeticity,
  type SigningKey,
  type TrustedKeys,
} from "@ashlar/core";

import type { CacheAbilities, CallContext, RemoteCache } from "./remote-cache.ts";

/** Who signs, and who is believed. */
export interface SignedCacheOptions {
  /** What results are signed with that go to the cache. @defaultValue nothing: they go as they are */
  readonly signing?: SigningKey;
  /**
   * Whose results are believed. Any other is as if it were not there, and whoever checks but does not sign writes
   * nothing: nobody like him would believe it.
   *
   * @defaultValue all are believed
   */
  readonly trusted?: TrustedKeys;
}

/** A result that was there, and not believed. */
export interface RefusedResult {
  readonly key: ActionKey;
  /** Why, in one clause: `it is not signed`. */
  readonly reason: string;
}

/** What a result does not say of the roots of its directories stays unsaid. */
const unsaid = { emptyRoots: false };

/** A cache that signs, or checks. */
export class SignedCache implements RemoteCache {
  readonly #cache: RemoteCache;
  readonly #signer: Signer | undefined;
  readonly #verifier: Verifier | undefined;
  #refused = 0;
  #first: RefusedResult | undefined;

  constructor(cache: RemoteCache, { signing, trusted }: SignedCacheOptions) {
    this.#cache = cache;
    this.#signer = signing && new Signer(signing);
    this.#verifier = trusted && new Verifier(trusted);
  }

  get name(): string {
    return this.#cache.name;
  }

  get hermeticity(): Hermeticity | undefined {
    return this.#cache.hermeticity;
  }

  /** How many results were not believed, in this build. */
  get refused(): number {
    return this.#refused;
  }

  /** The first of them. */
  get firstRefused(): RefusedResult | undefined {
    return this.#first;
  }

  begin(): void {
    this.#refused = 0;
    this.#first = undefined;
    this.#cache.begin?.();
  }

  remarks(): readonly string[] {
    const others = this.#cache.remarks?.() ?? [];
    if (this.#first === undefined) return others;
    const many = this.#refused === 1 ? "1 result was" : `${this.#refused} results were`;
    return [...others, `${many} not believed: ${this.#first.reason}`];
  }

  async abilities(context: CallContext): Promise<CacheAbilities> {
    const abilities = await this.#cache.abilities(context);
    const isVain = this.#verifier !== undefined && this.#signer === undefined;
    return isVain ? { ...abilities, canWrite: false } : abilities;
  }

  async getResult(key: ActionKey, context: CallContext): Promise<Uint8Array | undefined> {
    const message = await this.#cache.getResult(key, context);
    if (message === undefined || this.#verifier === undefined) return message;
    const { result, reason } = this.#check(key, message, this.#verifier);
    if (reason === undefined) return result;
    this.#refused++;
    this.#first ??= { key, reason };
    return undefined;
  }

  #check(
    key: ActionKey,
    message: Uint8Array,
    verifier: Verifier,
  ): { readonly result?: Uint8Array; readonly reason?: string | undefined } {
    try {
      const result = decodeActionResult(message);
      const reason = verifier.distrust(signedBytes(key, result), result.signature);
      return { result: encodeActionResult(result, unsaid), reason };
    } catch (error) {
      if (error instanceof BuildError) return { reason: "it cannot be read" };
      throw error;
    }
  }

  async putResult(key: ActionKey, message: Uint8Array, context: CallContext): Promise<void> {
    if (this.#signer === undefined) return await this.#cache.putResult(key, message, context);
    const result = decodeActionResult(message);
    const signature = this.#signer.sign(signedBytes(key, result));
    await this.#cache.putResult(key, encodeActionResult({ ...result, signature }, unsaid), context);
  }

  async missing(digests: readonly Digest[], context: CallContext): Promise<Digest[]> {
    return await this.#cache.missing(digests, context);
  }

  async readAll(
    digests: readonly Digest[],
    context: CallContext,
  ): Promise<ReadonlyMap<Digest, Uint8Array>> {
    return await this.#cache.readAll(digests, context);
  }

  async read(
    digest: Digest,
    offset: number,
    context: CallContext,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    return await this.#cache.read(digest, offset, context);
  }

  async writeAll(blobs: ReadonlyMap<Digest, Uint8Array>, context: CallContext): Promise<void> {
    await this.#cache.writeAll(blobs, context);
  }

  async write(
    digest: Digest,
    open: (offset: number) => AsyncIterable<Uint8Array>,
    context: CallContext,
  ): Promise<void> {
    await this.#cache.write(digest, open, context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cache[Symbol.asyncDispose]();
  }
}

/**
 * Signs what goes to a cache, and believes only what comes from it signed by a trusted key.
 *
 * @throws {@link BuildError} `INVALID_OPTION` for what is no Ed25519 key.
 * @example
 * ```ts
 * const cache = signed(directoryCache("/mnt/cache"), {
 *   signing: { keyId: "ci-2026", key: process.env.CACHE_SIGNING_KEY ?? "" },
 *   trusted: { "ci-2026": readFileSync("ci-2026.pub.pem", "utf8") },
 * });
 * ```
 */
export function signed(cache: RemoteCache, options: SignedCacheOptions): SignedCache {
  return new SignedCache(cache, options);
}
