/**
 * Logs in a page: the end of each, and of all together not more than a page can hold.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";

import { sizeOf, type ContentStore, type Digest } from "@ashlar/core";

import type { PageLog } from "./page-data.ts";

/** Bytes of one log, and of all logs, that a page holds. */
export const logLimits: { readonly oneBytes: number; readonly allBytes: number } = {
  oneBytes: 16 * 1024,
  allBytes: 4 * 1024 * 1024,
};

/** Reads logs until there is no room for more. Whoever comes first is read first. */
export class PageLogs {
  readonly #content: ContentStore;
  #room: number;

  constructor(content: ContentStore, room: number = logLimits.allBytes) {
    this.#content = content;
    this.#room = room;
  }

  /** What is in some blobs, one after another. `undefined` when it is nothing, or gone, or there is no room. */
  async read(digests: readonly (Digest | undefined)[]): Promise<PageLog | undefined> {
    const known = digests.filter((digest) => digest !== undefined && sizeOf(digest) > 0);
    if (known.length === 0 || this.#room <= 0) return undefined;
    if ((await this.#content.missing(known as Digest[])).length > 0) return undefined;
    const parts: Buffer[] = [];
    for (const digest of known) parts.push(await this.#content.read(digest as Digest));
    const bytes = Buffer.concat(parts);
    const start = Math.max(0, bytes.length - Math.min(logLimits.oneBytes, this.#room));
    const from = start === 0 ? 0 : afterLineEnd(bytes, start);
    this.#room -= bytes.length - from;
    const text = stripVTControlCharacters(bytes.subarray(from).toString("utf8"));
    return from === 0 ? { text } : { text, leftOut: from };
  }
}

/** The beginning of a line, if one is near. */
function afterLineEnd(bytes: Buffer, start: number): number {
  const end = bytes.indexOf(0x0a, start);
  return end === -1 || end - start > 1024 ? start : end + 1;
}
