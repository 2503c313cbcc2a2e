/**
 * What a reading thread runs: it opens, reads and hashes files, as many as go into a memory, and says how
 * they looked.
 *
 *     ◀── errand: paths, and which memory     ──▶ how many of them were looked at
 *
 * The thread is given the text of a function, since a file of its own would have to be found from bundles of
 * every kind. So the function knows nothing but what it is called with: nothing of this module is there.
 * It decides nothing and reports no error; what is not plain, others look at again.
 *
 * @module
 */
import type * as crypto from "node:crypto";
import type * as fs from "node:fs";
import type { MessagePort } from "node:worker_threads";

/** What a thread is to read. `undefined` in its place: nothing any more. */
export interface Errand {
  /** Which of its memories to fill. */
  readonly memory: number;
  readonly paths: readonly string[];
}

/** What a thread has done. */
export interface Reply {
  readonly memory: number;
  /** How many of the paths were looked at, from the first on. For the others there was no room. */
  readonly count: number;
}

/** What a thread begins with. */
export interface ThreadStart {
  readonly memories: readonly SharedArrayBuffer[];
  /** Size of the files in a memory, one after another. */
  readonly bytes: number;
  /** How many files a memory has room for. Behind their bytes lie their numbers, and then their digests. */
  readonly files: number;
  /** Size of the largest file that it reads. */
  readonly maxBytes: number;
}

/**
 * Numbers of a file: how many bytes were read, or -1 if it was not plain; how many characters its digest has;
 * times of its last changes; inode; mode.
 */
export const numbersOfFile = 6;

/** Room for a digest as text. */
export const digestBytes = 80;

/** The program. All that it uses is in its parameters. */
export function readFiles(
  port: MessagePort,
  { memories, bytes, files, maxBytes }: ThreadStart,
  { constants, openSync, fstatSync, readSync, closeSync }: typeof fs,
  { hash }: typeof crypto,
): void {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const parts = memories.map((memory) => ({
    room: Buffer.from(memory, 0, bytes),
    numbers: new Float64Array(memory, bytes, files * 6),
    digests: Buffer.from(memory, bytes + files * 48, files * 80),
  }));

  /** Reads a file to the end of what was read before. Returns how much it is, or -1; -2: there is no room. */
  const readFile = (path: string, at: number, filled: number, part: (typeof parts)[0]): number => {
    const { room, numbers, digests } = part;
    const file = openSync(path, flags);
    try {
      const before = fstatSync(file);
      const { size } = before;
      if (!before.isFile() || size > maxBytes) return -1;
      if (filled + size > bytes) return -2;
      if (size > 0 && readSync(file, room, filled, size, 0) !== size) return -1;
      const after = fstatSync(file);
      if (after.mtimeMs !== before.mtimeMs || after.size !== size) return -1;
      const name = hash("sha256", room.subarray(filled, filled + size), "hex");
      numbers[at * 6] = size;
      numbers[at * 6 + 1] = digests.write(`${name}/${size}`, at * 80, "latin1");
      numbers[at * 6 + 2] = before.mtimeMs;
      numbers[at * 6 + 3] = before.ctimeMs;
      numbers[at * 6 + 4] = before.ino;
      numbers[at * 6 + 5] = before.mode;
      return size;
    } finally {
      closeSync(file);
    }
  };

  port.on("message", (errand: Errand | undefined) => {
    if (errand === undefined) return port.close();
    const part = parts[errand.memory];
    if (part === undefined) return;
    let filled = 0;
    let count = 0;
    for (const path of errand.paths) {
      let size = -1;
      try {
        size = readFile(path, count, filled, part);
      } catch {
        // Who takes the file in finds out what it is, and says it.
      }
      if (size === -2) break;
      if (size < 0) part.numbers[count * 6] = -1;
      else filled += size;
      count++;
    }
    port.postMessage({ memory: errand.memory, count } satisfies Reply);
  });
}
