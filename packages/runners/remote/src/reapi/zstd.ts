/**
 * Zstandard, where this Node has it: from 22.15 on. Without it blobs are transferred as they are.
 *
 * @module
 */
import * as zlib from "node:zlib";

/** Compresses and decompresses. */
export interface Zstd {
  compress(bytes: Uint8Array): Buffer;
  /** @throws {@link Error} when the bytes are not compressed by it, or more than `maxBytes` come out. */
  decompress(bytes: Uint8Array, maxBytes?: number): Buffer;
  /** A stream that does either. */
  compressing(): zlib.BrotliCompress;
  decompressing(): zlib.BrotliDecompress;
}

/** What later versions of Node have in `node:zlib`. */
interface LaterZlib {
  readonly zstdCompressSync?: (bytes: Uint8Array) => Buffer;
  readonly zstdDecompressSync: (
    bytes: Uint8Array,
    options?: { readonly maxOutputLength: number },
  ) => Buffer;
  readonly createZstdCompress: () => zlib.BrotliCompress;
  readonly createZstdDecompress: () => zlib.BrotliDecompress;
}

const later = zlib as unknown as LaterZlib;

/** `undefined` where there is none. */
export const zstd: Zstd | undefined = make(later);

function make(from: LaterZlib): Zstd | undefined {
  const { zstdCompressSync } = from;
  if (zstdCompressSync === undefined) return undefined;
  return {
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (bytes, maxBytes) =>
      from.zstdDecompressSync(
        bytes,
        maxBytes === undefined ? undefined : { maxOutputLength: maxBytes },
      ),
    compressing: () => from.createZstdCompress(),
    decompressing: () => from.createZstdDecompress(),
  };
}
