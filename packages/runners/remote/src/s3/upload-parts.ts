/**
 * Uploads of blobs whose bytes come in pieces: as one object, or in parts that become one when all are there.
 *
 * @module
 */
import { untilAborted } from "@ashlar/core";

import type { S3Requests } from "./requests.ts";

/** Parts under way at once: each is held in memory. */
const partsAtOnce = 4;

/** What to upload. */
export interface Upload {
  readonly key: string;
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly partBytes: number;
  readonly signal: AbortSignal;
}

/** Whoever gives the bytes could not go on: no fault of the service. */
export class GivingFailed extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super("the bytes of a blob cannot be read");
    this.reason = reason;
  }
}

/** Uploads it. Until it has resolved, nobody sees anything of it; when it rejects, nothing of it is left. */
export async function uploadParts(
  requests: S3Requests,
  { key, pieces, partBytes, signal }: Upload,
): Promise<void> {
  const parts = partsOf(pieces, partBytes, signal);
  const first = await parts.next();
  const bytes = first.done === true ? Buffer.alloc(0) : first.value;
  if (bytes.byteLength < partBytes) return await requests.put(key, bytes, signal);
  const id = await requests.beginUpload(key, signal);
  const tags: string[] = [];
  const underWay = new Set<Promise<void>>();
  const send = (part: Buffer): void => {
    const number = tags.push("");
    const sending = requests.putPart(key, id, number, part, signal).then((tag) => {
      tags[number - 1] = tag;
      underWay.delete(sending);
    });
    // Whoever awaits it first hears of its failure; until then it is no unhandled one.
    sending.catch(() => {});
    underWay.add(sending);
  };
  try {
    send(bytes);
    for await (const part of parts) {
      send(part);
      if (underWay.size >= partsAtOnce) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    await requests.endUpload(key, id, tags, signal);
  } catch (error) {
    await Promise.allSettled(underWay);
    // Otherwise the parts stay, and are paid for. Nobody can call off that.
    await requests.dropUpload(key, id).catch(() => {});
    throw error;
  }
}

/** Pieces put together to parts of one size; the last one may be smaller. */
async function* partsOf(
  pieces: AsyncIterable<Uint8Array>,
  partBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  let held: Uint8Array[] = [];
  let size = 0;
  const source = pieces[Symbol.asyncIterator]();
  for (;;) {
    // Who gives the pieces may be stuck, and nobody can call off that.
    const next = await untilAborted(source.next(), signal).catch((error: unknown) => {
      throw new GivingFailed(error);
    });
    if (next.done === true) break;
    let piece = next.value;
    while (size + piece.byteLength >= partBytes) {
      const room = partBytes - size;
      // A copy, for the giver may use its buffer again.
      yield Buffer.concat([...held, piece.subarray(0, room)]);
      [held, size, piece] = [[], 0, piece.subarray(room)];
    }
    if (piece.byteLength > 0) held.push(Buffer.from(piece));
    size += piece.byteLength;
  }
  if (size > 0) yield Buffer.concat(held);
}
