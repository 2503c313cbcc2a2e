/**
 * Provenance: what was run to make a result, kept with the result, so that it can be compared later.
 *
 * A key alone cannot be compared with another one: they are equal or not. So each result carries the
 * messages that its key is the digest of, the directories that its input root adds to its inputs, and
 * the key that the same stage call had before. It lives and goes with the result, costs no blob of its
 * own, and decides nothing.
 *
 * @module
 */
import { digestBytes, type Digest } from "../digest/digest.ts";
import { MessageWriter, readFields } from "../digest/wire.ts";
import type { ActionKey } from "../graph/action.ts";

/** What made a result. */
export interface Provenance {
  /** The REAPI `Command`. */
  readonly command: Buffer;
  /** The REAPI `Action`. */
  readonly action: Buffer;
  /** Messages of the input root that are in no store. */
  readonly directories: ReadonlyMap<Digest, Buffer>;
  /** The key of the stage call's result before this one, if there was one. */
  readonly replaces: ActionKey | undefined;
}

/** One for all: what one writer for each leaves behind is more than what it writes. */
const writer = new MessageWriter();

/** Writes it. */
export function encodeProvenance(provenance: Provenance): Buffer {
  writer
    .clear()
    .message(1, provenance.command)
    .message(2, provenance.action)
    .string(3, provenance.replaces ?? "");
  for (const message of provenance.directories.values()) writer.message(4, message);
  return writer.finish();
}

/**
 * Reads it back.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE` when the bytes are something else.
 */
export function decodeProvenance(message: Uint8Array): Provenance {
  let command: Buffer = Buffer.alloc(0);
  let action: Buffer = Buffer.alloc(0);
  let replaces: ActionKey | undefined;
  const directories = new Map<Digest, Buffer>();
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) command = bytes;
    if (number === 2) action = bytes;
    if (number === 3) replaces = bytes.toString("utf8") as ActionKey;
    if (number === 4) directories.set(digestBytes(bytes), bytes);
  }
  return { command, action, directories, replaces };
}
