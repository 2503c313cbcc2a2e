/**
 * Single blobs of any size, piece by piece.
 *
 * An upload that broke off goes on where the service says that it stands, when the same blob is written again. A
 * download goes on by itself, for whoever reads says from where.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { emptyDigest, sizeOf, type Digest } from "@ashlar/core";

import { mayPass } from "../remote-cache.ts";
import { Slots } from "../slots.ts";
import type { Calls } from "./calls.ts";
import {
  decodePiece,
  decodeWritten,
  decodeWriteStatus,
  encodeQueryWrite,
  encodeRead,
  encodeWrite,
} from "./messages/byte-stream.ts";
import { resourceName } from "./messages/resource-name.ts";
import { methods } from "./methods.ts";
import { inPieces } from "./pieces.ts";
import { RpcError } from "./transport.ts";
import { undecompressed } from "./undecompressed.ts";
import { zstd, type Zstd } from "./zstd.ts";

/** Uploads under way at once. Each holds some megabytes. */
const uploadsAtOnce = 16;

/** Downloads that begin at once. Those that have begun share one window, so they need no limit. */
const beginningsAtOnce = 64;

/** Blobs below this are sent as they are. */
const worthCompressing = 64 * 1024;

const reading = "read blobs";
const writing = "write blobs";

/** Gives the bytes of a blob from an offset on. */
type Open = (offset: number) => AsyncIterable<Uint8Array>;

/** How a call is to be made. */
interface Manner {
  readonly isCompressed: boolean;
  readonly signal: AbortSignal;
}

/** Blobs as streams. */
export class BlobStreams {
  readonly #calls: Calls;
  readonly #uploads = new Slots(uploadsAtOnce);
  readonly #beginnings = new Slots(beginningsAtOnce);
  /** Names of uploads that broke off, by what they upload. */
  readonly #broken = new Map<Digest, string>();

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** The bytes from an offset on; `undefined` when the blob is not there. */
  async read(
    digest: Digest,
    offset: number,
    { isCompressed, signal }: Manner,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    if (digest === emptyDigest) return none();
    const packing = isCompressed && sizeOf(digest) >= worthCompressing ? zstd : undefined;
    const { instance } = this.#calls.connection;
    const name = resourceName({ instance, digest, isCompressed: packing !== undefined });
    const request = encodeRead({ resourceName: name, offset });
    const purpose = { signal, doing: reading };
    const messages = this.#calls.serverStream(methods.read, request, purpose);
    try {
      const first = await this.#beginnings.use(signal, async () => messages.next());
      const pieces = piecesOf(first, messages);
      return this.#explaining(packing === undefined ? pieces : unpacked(pieces, packing));
    } catch (error) {
      if (error instanceof RpcError && error.status === "NOT_FOUND") return undefined;
      throw this.#calls.explain(error, { doing: reading });
    }
  }

  /** Writes a blob. Those that are there already are not sent to their end. */
  async write(digest: Digest, open: Open, { isCompressed, signal }: Manner): Promise<void> {
    if (digest === emptyDigest) return;
    const packing = isCompressed && sizeOf(digest) >= worthCompressing ? zstd : undefined;
    await this.#uploads.use(signal, async () => {
      if (packing === undefined) await this.#writePlain(digest, open, signal);
      else await this.#writePacked(digest, open, packing, signal);
    });
  }

  async #writePlain(digest: Digest, open: Open, signal: AbortSignal): Promise<void> {
    const { instance } = this.#calls.connection;
    const broken = this.#broken.get(digest);
    // Whoever writes it at the same time begins anew.
    this.#broken.delete(digest);
    const standing = broken === undefined ? undefined : await this.#standing(broken, signal);
    if (standing?.isComplete === true) return;
    const isResumed = broken !== undefined && standing !== undefined;
    const name = isResumed
      ? broken
      : resourceName({ instance, digest, isCompressed: false, uuid: randomUUID() });
    const offset = standing?.offset ?? 0;
    try {
      const committed = await this.#send(
        () => writes(name, offset, sizeOf(digest), open(offset)),
        signal,
      );
      if (committed !== sizeOf(digest)) throw this.#cutShort(committed, digest);
    } catch (error) {
      const explained = this.#calls.explain(error, { doing: writing });
      if (mayPass(explained)) this.#broken.set(digest, name);
      // It has forgotten the upload, or stands elsewhere than it says.
      else if (isResumed && error instanceof RpcError)
        return this.#writePlain(digest, open, signal);
      throw explained;
    }
  }

  async #writePacked(
    digest: Digest,
    open: Open,
    packing: Zstd,
    signal: AbortSignal,
  ): Promise<void> {
    const { instance } = this.#calls.connection;
    const name = resourceName({ instance, digest, isCompressed: true, uuid: randomUUID() });
    try {
      // How long it will be is not known, so the end is a message of its own. Any size in the answer is right.
      await this.#send(() => writes(name, 0, Infinity, packing.compressing(open(0))), signal);
    } catch (error) {
      throw this.#calls.explain(error, { doing: writing });
    }
  }

  async #send(requests: () => AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
    const purpose = { signal, doing: writing };
    return decodeWritten(await this.#calls.clientStream(methods.write, requests, purpose));
  }

  /** How far an upload got; `undefined` when the service does not say. */
  async #standing(
    name: string,
    signal: AbortSignal,
  ): Promise<{ offset: number; isComplete: boolean } | undefined> {
    try {
      const request = encodeQueryWrite(name);
      const purpose = { signal, doing: writing };
      const answer = await this.#calls.unary(methods.queryWriteStatus, request, purpose);
      const { committedSize, complete } = decodeWriteStatus(answer);
      return { offset: committedSize, isComplete: complete };
    } catch (error) {
      const explained = this.#calls.explain(error, { doing: writing });
      // That it knows nothing of the upload, or of such questions, is no failure: it begins anew.
      if (mayPass(explained) || !(error instanceof RpcError)) throw explained;
      return undefined;
    }
  }

  #cutShort(committed: number, digest: Digest): RpcError {
    const message = `it took ${committed} of ${sizeOf(digest)} bytes`;
    return new RpcError({ status: "UNAVAILABLE", message });
  }

  async *#explaining(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    try {
      yield* pieces;
    } catch (error) {
      throw this.#calls.explain(error, { doing: reading });
    }
  }
}

async function* none(): AsyncGenerator<Uint8Array, void> {}

async function* piecesOf(
  first: IteratorResult<Buffer, void>,
  rest: AsyncGenerator<Buffer, void>,
): AsyncGenerator<Buffer, void> {
  if (first.done === true) return;
  try {
    yield decodePiece(first.value);
    for await (const message of rest) yield decodePiece(message);
  } finally {
    await rest.return();
  }
}

/** Write requests. The last one says that it is, when it is known which one that will be. */
async function* writes(
  name: string,
  from: number,
  size: number,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void> {
  let offset = from;
  let isFinished = false;
  for await (const data of inPieces(source)) {
    isFinished = offset + data.byteLength >= size;
    // Its name is told once.
    const resource = offset === from ? name : "";
    yield encodeWrite({ resourceName: resource, offset, finish: isFinished, data });
    offset += data.byteLength;
  }
  if (isFinished) return;
  const resource = offset === from ? name : "";
  yield encodeWrite({ resourceName: resource, offset, finish: true, data: Buffer.alloc(0) });
}

/** What cannot be decompressed has been damaged on its way, or where it lay. */
async function* unpacked(
  pieces: AsyncIterable<Uint8Array>,
  packing: Zstd,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* packing.decompressing(pieces);
  } catch (error) {
    throw error instanceof RpcError ? error : undecompressed(error);
  }
}
