/**
 * Logs: what a command prints, kept in bounded memory until it goes into the store.
 *
 * @module
 */
import { open, type FileHandle } from "node:fs/promises";

import type { ContentStore, Digest } from "@ashlar/core";

/** Bytes kept in memory. A longer log goes to a file. */
const memoryBytes = 256 * 1024;

/** One stream of a command. */
export class Log {
  readonly #path: string;
  #chunks: Buffer[] = [];
  #size = 0;
  #file: FileHandle | undefined;

  /** @param path - File for a log that grows long. */
  constructor(path: string) {
    this.#path = path;
  }

  async add(chunk: Buffer): Promise<void> {
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    if (this.#size > memoryBytes) await this.#spill();
  }

  /** Puts the whole log into the store. */
  async keep(content: ContentStore): Promise<Digest> {
    if (this.#file === undefined) return await content.write(Buffer.concat(this.#chunks));
    await this.#spill();
    return await content.writeFile(this.#path);
  }

  async #spill(): Promise<void> {
    this.#file ??= await open(this.#path, "w");
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#size = 0;
    await this.#file.writeFile(Buffer.concat(chunks));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }
}
