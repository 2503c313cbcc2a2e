/**
 * Taking many things into a store, through its intake if it has one.
 *
 * @module
 */
import * as fs from "node:fs";

import type { Digest } from "../digest/digest.ts";
import { sourceChanged } from "../errors/source-errors.ts";
import type { Stats } from "./fingerprints.ts";
import type { ContentStore, Intake } from "./store.ts";

/** How often a file is read that is being written to. */
export const maxTries = 3;

/** A file that was taken. */
export interface TakenFile {
  readonly digest: Digest;
  /** What it looked like before it was read. */
  readonly stats: Stats;
}

/** Takes small things in one after another. All of them are there once {@link Taking.end} has resolved. */
export class Taking {
  readonly content: ContentStore;
  /** Where small things go, if the store has something for it. */
  readonly intake: Intake | undefined;

  constructor(content: ContentStore) {
    this.content = content;
    this.intake = content.intake?.();
  }

  /** Keeps bytes. */
  async write(bytes: Uint8Array): Promise<Digest> {
    const intake = this.intake;
    if (intake === undefined || bytes.byteLength > intake.maxBytes) {
      return await this.content.write(bytes);
    }
    await intake.pause?.();
    intake.room(bytes.byteLength).set(bytes);
    return intake.keep(bytes.byteLength);
  }

  /**
   * Takes a file in, which is opened once and looked at before and after it is read. `undefined` when it
   * is too large for that, or the store has no intake.
   *
   * @throws the error of reading it, {@link BuildError} `SOURCE_CHANGED` when it is being written to all
   *   the time, or `STORE_UNWRITABLE`.
   */
  takeFile(path: string): TakenFile | undefined {
    const intake = this.intake;
    if (intake === undefined) return undefined;
    // What was a file a moment ago may be a link now, or a pipe that nobody writes to.
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const file = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      for (let tries = 1, stats = fs.fstatSync(file); tries <= maxTries; tries++) {
        if (!stats.isFile()) throw sourceChanged(path, "it is no file any more");
        if (stats.size > intake.maxBytes) return undefined;
        const size = readUpTo(file, intake.room(stats.size));
        const after = fs.fstatSync(file);
        const isSame = stats.mtimeMs === after.mtimeMs && stats.size === after.size;
        if (isSame && size === stats.size) return { digest: intake.keep(size), stats };
        stats = after;
      }
      throw sourceChanged(path, "it is being written to");
    } finally {
      fs.closeSync(file);
    }
  }

  /** Lets what was taken be written; `undefined` when there is no need. To be awaited between two files. */
  pause(): Promise<void> | undefined {
    return this.intake?.pause?.();
  }

  async end(): Promise<void> {
    await this.intake?.end();
  }
}

function readUpTo(file: number, room: Buffer): number {
  for (let filled = 0; filled < room.byteLength;) {
    const read = fs.readSync(file, room, filled, room.byteLength - filled, filled);
    if (read === 0) return filled;
    filled += read;
  }
  return room.byteLength;
}
