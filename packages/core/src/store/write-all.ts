/**
 * Writing all of some bytes to a file.
 *
 * @module
 */
import { write, writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";

/**
 * Bytes for one call. Larger ones make Linux look for larger pieces of memory for its cache, which on some
 * machines takes five times as long as to write to smaller ones (ext4, Linux 6.18: 512 MB in 0.14 s, or in
 * 0.6 s and more from 128 KiB on).
 */
const pieceBytes = 64 * 1024;

/** Writes all of it at a position. On a full disk one call may write a part, and say so only in what it returns. */
export function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let written = 0; written < bytes.byteLength;) {
    const size = Math.min(pieceBytes, bytes.byteLength - written);
    written += writeSync(file, bytes, written, size, position + written);
  }
}

/**
 * As {@link writeAll}, on other threads. The bytes must not change, nor the file be closed, meanwhile. By
 * callbacks: promises would take as long as the writing, which is 10 µs for a piece.
 */
export async function writeAllSoon(
  file: number,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  const failures: Error[] = [];
  await new Promise<void>((resolve) => {
    let left = Math.ceil(bytes.byteLength / pieceBytes);
    const writePiece = (at: number, end: number): void => {
      write(file, bytes, at, end - at, position + at, (error, written) => {
        if (error !== null) failures.push(error);
        else if (at + written < end) return writePiece(at + written, end);
        // The last one of all, failed ones too: none may write to a file that is closed by then.
        if (--left === 0) resolve();
      });
    };
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
      writePiece(at, Math.min(at + pieceBytes, bytes.byteLength));
    }
    if (left === 0) resolve();
  });
  const [failure] = failures;
  if (failure !== undefined) throw failure;
}

/** As {@link writeAll}, on other threads. The bytes must not change meanwhile. */
export async function writeAllTo(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  const writePiece = async (start: number): Promise<void> => {
    const end = Math.min(start + pieceBytes, bytes.byteLength);
    for (let at = start; at < end;) {
      at += (await file.write(bytes, at, end - at, position + at)).bytesWritten;
    }
  };
  const pieces: Promise<void>[] = [];
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) pieces.push(writePiece(at));
  // All of them, or some would go on writing to a file that is closed by then.
  for (const outcome of await Promise.allSettled(pieces)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}
