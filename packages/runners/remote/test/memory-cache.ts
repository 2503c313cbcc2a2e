/**
 * A remote cache in memory, with faults in the hand of a test.
 *
 * @module
 */
import type { ActionKey, Digest } from "@ashlar/core";

import { remoteUnavailable } from "../src/errors.ts";
import type { CacheAbilities, CallContext, RemoteCache } from "../src/remote-cache.ts";

/** A call that a cache has got. */
export type CallName =
  | "abilities"
  | Exclude<keyof RemoteCache, "begin" | "name" | "remarks" | symbol>;

/** What happens to a call before it is answered: it may throw, or never resolve. */
export type Fault = (call: CallName, digests: readonly Digest[]) => Promise<void> | void;

/** Keeps everything that it is given, until it is told otherwise. */
export class MemoryCache implements RemoteCache {
  readonly name: string = "memory";
  readonly blobs: Map<Digest, Buffer> = new Map();
  readonly results: Map<ActionKey, Buffer> = new Map();
  /** Calls that it got, in order. */
  readonly calls: CallName[] = [];
  /** Blobs that were read from it, in order. */
  readonly fetched: Digest[] = [];
  canWrite = true;
  fault: Fault | undefined;
  isDisposed = false;
  /** After how many bytes a stream breaks off, as often as it says. */
  breaks: { afterBytes: number; times: number } | undefined;

  async abilities(context: CallContext): Promise<CacheAbilities> {
    await this.#begin("abilities", [], context);
    return { canWrite: this.canWrite };
  }

  async missing(digests: readonly Digest[], context: CallContext): Promise<Digest[]> {
    await this.#begin("missing", digests, context);
    return digests.filter((digest) => !this.blobs.has(digest));
  }

  async readAll(
    digests: readonly Digest[],
    context: CallContext,
  ): Promise<ReadonlyMap<Digest, Uint8Array>> {
    await this.#begin("readAll", digests, context);
    const found = new Map<Digest, Uint8Array>();
    for (const digest of digests) {
      const bytes = this.blobs.get(digest);
      if (bytes === undefined) continue;
      this.fetched.push(digest);
      found.set(digest, bytes);
    }
    return found;
  }

  async read(
    digest: Digest,
    offset: number,
    context: CallContext,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    await this.#begin("read", [digest], context);
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) return undefined;
    this.fetched.push(digest);
    return this.#pieces(bytes, offset, context.signal);
  }

  async *#pieces(bytes: Buffer, offset: number, signal: AbortSignal): AsyncGenerator<Buffer, void> {
    for (let at = offset; at < bytes.byteLength; at += 65_536) {
      if (this.breaks !== undefined && at - offset >= this.breaks.afterBytes) {
        if (this.breaks.times-- > 0) throw remoteUnavailable(this.name, "the stream broke");
        this.breaks = undefined;
      }
      await Promise.resolve();
      signal.throwIfAborted();
      yield bytes.subarray(at, at + 65_536);
    }
  }

  async writeAll(blobs: ReadonlyMap<Digest, Uint8Array>, context: CallContext): Promise<void> {
    await this.#begin("writeAll", [...blobs.keys()], context);
    for (const [digest, bytes] of blobs) this.blobs.set(digest, Buffer.from(bytes));
  }

  async write(
    digest: Digest,
    open: (offset: number) => AsyncIterable<Uint8Array>,
    context: CallContext,
  ): Promise<void> {
    await this.#begin("write", [digest], context);
    const pieces: Uint8Array[] = [];
    const each = open(0)[Symbol.asyncIterator]();
    for (;;) {
      const next = await unlessAborted(each.next(), context.signal);
      if (next.done === true) break;
      pieces.push(next.value);
    }
    this.blobs.set(digest, Buffer.concat(pieces));
  }

  async getResult(key: ActionKey, context: CallContext): Promise<Uint8Array | undefined> {
    await this.#begin("getResult", [key], context);
    return this.results.get(key);
  }

  async putResult(key: ActionKey, message: Uint8Array, context: CallContext): Promise<void> {
    await this.#begin("putResult", [key], context);
    this.results.set(key, Buffer.from(message));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    return Promise.resolve();
  }

  async #begin(call: CallName, digests: readonly Digest[], { signal }: CallContext): Promise<void> {
    signal.throwIfAborted();
    this.calls.push(call);
    await unlessAborted(Promise.resolve(this.fault?.(call, digests)), signal);
  }
}

/** A fault: the service is not there. */
export function refused(): never {
  throw remoteUnavailable("memory", "ECONNREFUSED");
}

/** A fault: nothing ever comes. */
export async function silent(): Promise<void> {
  await new Promise(() => {});
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return await new Promise<T>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    promise.then(resolve, reject);
  });
}
