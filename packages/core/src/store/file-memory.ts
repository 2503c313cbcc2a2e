/**
 * A memory that another thread reads files into: their bytes, and how they looked.
 *
 * @module
 */
import type { Digest } from "../digest/digest.ts";
import type { TakenFile } from "./taking.ts";
import { digestBytes, numbersOfFile } from "./thread-program.ts";

/** Files that were read. */
export interface ReadFiles {
  /** For each path, in order: `undefined` when the file was not plain, for whatever reason. */
  readonly files: readonly (TakenFile | undefined)[];
  /** Of those that were read. */
  readonly digests: readonly Digest[];
  /** Their bytes, one after another. They stay until the memory is used again. */
  readonly bytes: Buffer;
}

/** Memory of two threads. Who has it at a time, they have to agree on. */
export class FileMemory {
  readonly shared: SharedArrayBuffer;
  readonly #bytes: Buffer;
  readonly #numbers: Float64Array;
  readonly #digests: Buffer;

  /**
   * @param bytes - Of files that it has room for; a multiple of eight.
   * @param files - How many of them, at most.
   */
  constructor(bytes: number, files: number) {
    this.shared = new SharedArrayBuffer(bytes + files * (8 * numbersOfFile + digestBytes));
    this.#bytes = Buffer.from(this.shared, 0, bytes);
    this.#numbers = new Float64Array(this.shared, bytes, files * numbersOfFile);
    this.#digests = Buffer.from(this.shared, bytes + this.#numbers.byteLength);
  }

  /** What the other thread has read into it, given how many files it has looked at. */
  read(count: number): ReadFiles {
    const files: (TakenFile | undefined)[] = [];
    const digests: Digest[] = [];
    let sizeBytes = 0;
    for (let at = 0; at < count; at++) {
      const file = this.#fileAt(at);
      files.push(file);
      if (file === undefined) continue;
      digests.push(file.digest);
      sizeBytes += file.stats.size;
    }
    return { files, digests, bytes: this.#bytes.subarray(0, sizeBytes) };
  }

  #fileAt(at: number): TakenFile | undefined {
    const numbers = this.#numbers;
    const first = at * numbersOfFile;
    const size = numbers[first] ?? -1;
    if (size < 0) return undefined;
    const end = at * digestBytes + (numbers[first + 1] ?? 0);
    return {
      digest: this.#digests.toString("latin1", at * digestBytes, end) as Digest,
      stats: {
        size,
        mtimeMs: numbers[first + 2] ?? 0,
        ctimeMs: numbers[first + 3] ?? 0,
        ino: numbers[first + 4] ?? 0,
        mode: numbers[first + 5] ?? 0,
      },
    };
  }
}
