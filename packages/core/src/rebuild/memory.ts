/**
 * The memory of builds: what one build of some targets writes down for the next.
 *
 * @module
 */
import { Packer, Unpacker } from "../base/packing.ts";
import { digestBytes, hashOf } from "../digest/digest.ts";
import type { Notes } from "../store/store.ts";

/** Version of the form in which things are written down. Another one is not read. */
const memoryVersion = 1;

/** Reads and writes the notes of builds that ask for the same in the same place. */
export class Memory {
  readonly #notes: Notes | undefined;
  readonly #name: string;

  /** @param subject - All that tells such builds from others: what they build, where, and with what. */
  constructor(notes: Notes | undefined, subject: readonly unknown[]) {
    const text = JSON.stringify([memoryVersion, ...subject]);
    this.#notes = notes;
    this.#name = `build-${hashOf(digestBytes(Buffer.from(text))).slice(0, 32)}`;
  }

  /** What the last such build has written down. */
  recall(): Unpacker | undefined {
    const packed = this.#notes?.read(this.#name);
    return packed && new Unpacker(packed);
  }

  /** Replaces what was written down. */
  keep(write: (packer: Packer) => void): void {
    if (this.#notes === undefined) return;
    const packer = new Packer();
    write(packer);
    this.#notes.write(this.#name, packer.finish());
  }
}
