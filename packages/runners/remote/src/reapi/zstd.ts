/**
 * Zstandard, where this Node has it: from 22.15 on. Without it blobs are transferred as they are.
 *
 * @module
 */
import { pipeline, Readable, type Transform } from "node:stream";
import * as zlib from "node:zlib";

import { FrameSplitter, type Segment } from "./zstd-frames.ts";

/** Compresses and decompresses. What is not compressed by it makes it throw. */
export interface Zstd {
  compress(bytes: Uint8Array): Buffer;
  /** @param maxBytes - No more may come out. */
  decompress(bytes: Uint8Array, maxBytes?: number): Buffer;
  compressing(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  decompressing(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** What later versions of Node have in `node:zlib`. */
interface LaterZlib {
  readonly zstdCompressSync?: (bytes: Uint8Array) => Buffer;
  readonly zstdDecompressSync: (
    bytes: Uint8Array,
    options?: { readonly maxOutputLength: number },
  ) => Buffer;
  readonly createZstdCompress: () => Transform;
  readonly createZstdDecompress: () => Transform;
}

/** `undefined` where there is none. */
export const zstd: Zstd | undefined = make(zlib as unknown as LaterZlib);

function make(from: LaterZlib): Zstd | undefined {
  const { zstdCompressSync } = from;
  if (zstdCompressSync === undefined) return undefined;
  return {
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (bytes, maxBytes) => {
      const options =
        maxBytes === undefined ? undefined : { maxOutputLength: Math.max(1, maxBytes) };
      const parts = [...framesOf(bytes)].map((frame) => from.zstdDecompressSync(frame, options));
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    },
    compressing: (source) => through(source, from.createZstdCompress()),
    async *decompressing(source) {
      const segments = segmentsOf(source);
      for (let first = await segments.next(); first.done !== true; first = await segments.next()) {
        yield* through(oneFrame(first.value, segments), from.createZstdDecompress());
      }
    },
  };
}

function* framesOf(bytes: Uint8Array): Generator<Buffer, void> {
  const splitter = new FrameSplitter();
  let parts: Buffer[] = [];
  for (const { bytes: part, isEnd } of splitter.split(bytes)) {
    parts.push(part);
    if (!isEnd) continue;
    yield Buffer.concat(parts);
    parts = [];
  }
  if (!splitter.isBetween) throw cutOff();
}

async function* segmentsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Segment, void> {
  const splitter = new FrameSplitter();
  for await (const piece of source) yield* splitter.split(piece);
  if (!splitter.isBetween) throw cutOff();
}

async function* oneFrame(
  first: Segment,
  segments: AsyncGenerator<Segment, void>,
): AsyncGenerator<Buffer, void> {
  yield first.bytes;
  for (let last = first; !last.isEnd;) {
    const next = await segments.next();
    if (next.done === true) return;
    last = next.value;
    yield last.bytes;
  }
}

/** Sends bytes through a transformation. A failure before it is one behind it. */
function through(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(source, { objectMode: false }), transform, () => {});
}

function cutOff(): Error {
  return new Error("it is cut off");
}
