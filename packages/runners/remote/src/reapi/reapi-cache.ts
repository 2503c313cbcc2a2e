/**
 * Remote caches that are services of the Remote Execution API.
 *
 * @module
 */
import { Readable } from "node:stream";

import { sizeOf, untilAborted, type ActionKey, type Digest, type Hermeticity } from "@ashlar/core";

import { remoteRefused, remoteUnavailable } from "../errors.ts";
import {
  mayPass,
  type CacheAbilities,
  type CallContext,
  type RemoteCache,
} from "../remote-cache.ts";
import { Slots } from "../slots.ts";
import { fitsBatch } from "./batches.ts";
import { BlobBatches } from "./blob-batches.ts";
import { BlobStreams } from "./blob-streams.ts";
import { Calls } from "./calls.ts";
import { connect } from "./connect.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { callUnfit } from "./errors.ts";
import { encodeGetResult, encodeUpdateResult } from "./messages/results.ts";
import { methods } from "./methods.ts";
import { askService, type Service } from "./service.ts";
import { RpcError } from "./transport.ts";

/**
 * Look-ups under way at once. With a round trip of 20 ms, 128 make 5,000 a second possible; a service takes a
 * hundred streams of a connection without being asked.
 */
const lookupsAtOnce = 192;

/** Blobs that are read whole as streams, because they are too large for batches. */
const wholesAtOnce = 8;

/** How a cache is reached, and how patient we are. */
export interface RemoteCacheOptions extends ConnectionOptions {
  /**
   * How long a call may take, and a stream stand still, in milliseconds. Whoever uses the cache may be less patient.
   *
   * @defaultValue 60,000
   */
  readonly timeoutMs?: number;
  /**
   * What the service guarantees of how its own workers keep commands to their inputs, taken at your word. Results that they
   * have left are labelled with it, as those of a `remoteRunner` with the same option are.
   *
   * @defaultValue `"declared"`
   */
  readonly hermeticity?: Hermeticity;
}

/**
 * A cache that is a service of the Remote Execution API: buildbox, bazel-remote, Buildbarn, NativeLink,
 * BuildBuddy and others.
 *
 * @param address - `grpcs://<host>[:<port>][/<instance>]`, `grpc://<host>:<port>[/<instance>]` without encryption, or
 *   `unix:<path>`. Nothing connects before the first call.
 * @throws {@link BuildError} `REMOTE_ADDRESS` for another address, `INVALID_OPTION` for headers that cannot be.
 * @example
 * ```ts
 * const cache = remoteCache("grpcs://cache.example/main", { token: { env: "CACHE_TOKEN" } });
 * ```
 */
export function remoteCache(address: string, options: RemoteCacheOptions = {}): RemoteCache {
  const { timeoutMs = 60_000, hermeticity = "declared", ...connection } = options;
  return new ReapiCache(new Calls(connect(address, connection), { timeoutMs }), hermeticity);
}

/** A cache behind calls. */
export class ReapiCache implements RemoteCache {
  readonly name: string;
  readonly hermeticity: Hermeticity;
  readonly #calls: Calls;
  readonly #batches: BlobBatches;
  readonly #streams: BlobStreams;
  readonly #lookups = new Slots(lookupsAtOnce);
  readonly #wholes = new Slots(wholesAtOnce);
  readonly #ended = new AbortController();
  #asking: Promise<Service> | undefined;
  #service: Service | undefined;
  /** Why it takes no results from us, once that is known. It is not asked again. */
  #refusal: Error | undefined;

  constructor(calls: Calls, hermeticity: Hermeticity) {
    this.name = calls.connection.name;
    this.hermeticity = hermeticity;
    this.#calls = calls;
    this.#batches = new BlobBatches(calls);
    this.#streams = new BlobStreams(calls);
  }

  async abilities({ signal }: CallContext): Promise<CacheAbilities> {
    const { canWrite } = await this.#known(signal);
    return { canWrite };
  }

  async missing(digests: readonly Digest[], { signal }: CallContext): Promise<Digest[]> {
    return this.#do("look for blobs", signal, async () => this.#batches.missing(digests, signal));
  }

  async readAll(
    digests: readonly Digest[],
    { signal }: CallContext,
  ): Promise<ReadonlyMap<Digest, Uint8Array>> {
    return this.#do("read blobs", signal, async (service) => {
      const { batchBytes } = service;
      const distinct = [...new Set(digests)];
      const small = distinct.filter((digest) => isBetween(sizeOf(digest), 1, batchBytes));
      const { found, refused } = await this.#batches.read(small, batchBytes, service, signal);
      const blobs = new Map(found);
      const others = distinct.filter((digest) => !isBetween(sizeOf(digest), 1, batchBytes));
      await Promise.all(
        [...refused, ...others].map(async (digest) => {
          const bytes = await this.#whole(digest, service, signal);
          if (bytes !== undefined) blobs.set(digest, bytes);
        }),
      );
      return blobs;
    });
  }

  async read(
    digest: Digest,
    offset: number,
    { signal }: CallContext,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#do("read blobs", signal, async ({ zstdStreams }) => {
      // Behind the last byte there is nothing to read, which services call an error.
      if (offset < sizeOf(digest) || sizeOf(digest) === 0) {
        return this.#streams.read(digest, offset, { isCompressed: zstdStreams, signal });
      }
      const [missing] = await this.#batches.missing([digest], signal);
      return missing === undefined ? Readable.from([]) : undefined;
    });
  }

  async writeAll(blobs: ReadonlyMap<Digest, Uint8Array>, { signal }: CallContext): Promise<void> {
    await this.#do("write blobs", signal, async (service) => {
      const { batchBytes, zstdStreams } = service;
      const all = [...blobs].filter(([digest]) => sizeOf(digest) > 0);
      const small = all.filter(([digest]) => isBetween(sizeOf(digest), 1, batchBytes));
      const refused = new Set(await this.#batches.write(small, batchBytes, service, signal));
      const others = all.filter(
        ([digest]) => refused.has(digest) || !isBetween(sizeOf(digest), 1, batchBytes),
      );
      await Promise.all(
        others.map(async ([digest, bytes]) =>
          this.#streams.write(digest, opener(bytes), { isCompressed: zstdStreams, signal }),
        ),
      );
    });
  }

  async write(
    digest: Digest,
    open: (offset: number) => AsyncIterable<Uint8Array>,
    { signal }: CallContext,
  ): Promise<void> {
    await this.#do("write blobs", signal, async ({ zstdStreams, blobBytes }) => {
      if (sizeOf(digest) > blobBytes) {
        const said = `it takes blobs of at most ${blobBytes} bytes, and this one has ${sizeOf(digest)}`;
        throw callUnfit(this.name, "write blobs", said);
      }
      await this.#streams.write(digest, open, { isCompressed: zstdStreams, signal });
    });
  }

  async getResult(key: ActionKey, { signal }: CallContext): Promise<Uint8Array | undefined> {
    const doing = "look up results";
    // Not found is also what a service says that does not know the instance, or this kind of key. So the answer counts
    // only when it is known what the service can do; but it may come meanwhile.
    const asking = this.#service === undefined ? this.#known(signal) : undefined;
    const answer = this.#lookUp(key, doing, signal);
    if (asking !== undefined) {
      answer.catch(() => {});
      await asking;
    }
    return this.#do(doing, signal, async () => answer);
  }

  async putResult(key: ActionKey, message: Uint8Array, { signal }: CallContext): Promise<void> {
    const doing = "write results";
    await this.#do(doing, signal, async ({ canWrite }) => {
      if (!canWrite)
        this.#refusal ??= remoteRefused(this.name, doing, "it says that it takes none");
      if (this.#refusal !== undefined) throw this.#refusal;
      const { instance } = this.#calls.connection;
      const request = encodeUpdateResult({ instance, key, result: message });
      try {
        await this.#lookups.use(signal, async () =>
          this.#calls.unary(methods.updateActionResult, request, { signal, doing, key }),
        );
      } catch (error) {
        const explained = this.#calls.explain(error, { doing });
        if (error instanceof RpcError && error.status === "PERMISSION_DENIED") {
          this.#refusal = explained as Error;
        }
        throw explained;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(remoteUnavailable(this.name, "it is no longer used"));
    await this.#calls.connection.transport[Symbol.asyncDispose]();
  }

  /** Does something when it is known what the service can do, and says what went wrong in our words. */
  async #do<T>(
    doing: string,
    signal: AbortSignal,
    work: (service: Service) => Promise<T>,
  ): Promise<T> {
    const service = await this.#known(signal);
    try {
      return await work(service);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#calls.explain(error, { doing });
    }
  }

  /** Asks once, for all who want to know: none of them can call it off for the others. */
  async #known(signal: AbortSignal): Promise<Service> {
    const { signal: ended } = this.#ended;
    signal.throwIfAborted();
    ended.throwIfAborted();
    if (this.#service !== undefined) return this.#service;
    const asking = (this.#asking ??= askService(this.#calls, "cache", ended));
    try {
      return (this.#service = await untilAborted(asking, signal));
    } catch (error) {
      // It may answer another time.
      if (mayPass(error) && this.#asking === asking) this.#asking = undefined;
      throw error;
    }
  }

  async #lookUp(
    key: ActionKey,
    doing: string,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const request = encodeGetResult({ instance: this.#calls.connection.instance, key });
    try {
      return await this.#lookups.use(signal, async () =>
        this.#calls.unary(methods.getActionResult, request, { signal, doing, key }),
      );
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async #whole(
    digest: Digest,
    { zstdStreams }: Service,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    return this.#wholes.use(signal, async () => {
      const pieces = await this.#streams.read(digest, 0, { isCompressed: zstdStreams, signal });
      if (pieces === undefined) return undefined;
      const parts: Uint8Array[] = [];
      for await (const piece of pieces) parts.push(piece);
      return Buffer.concat(parts);
    });
  }
}

function isBetween(size: number, least: number, limit: number): boolean {
  return size >= least && fitsBatch(size, limit);
}

/** No result is there, or one that is too large for a message, which no result of ours is. */
function isAbsent(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  const { status, message } = error;
  const isLarge = status === "RESOURCE_EXHAUSTED" && /larger than max/i.test(message);
  return status === "NOT_FOUND" || status === "OUT_OF_RANGE" || isLarge;
}

/** Gives bytes that are in memory. */
function opener(bytes: Uint8Array): (offset: number) => AsyncIterable<Uint8Array> {
  return async function* open(offset) {
    yield bytes.subarray(offset);
  };
}
