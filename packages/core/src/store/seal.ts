/**
 * Seals: how a file that has no digest for a name shows that it is whole, and in its own place.
 *
 * The seal is a protocol buffer field of its own at the end of the message, so that a sealed message
 * is still a message, and readers that do not know the field pass over it.
 *
 * @module
 */
import { createHash } from "node:crypto";

import { MessageWriter } from "../digest/wire.ts";

/** A field number that no message of REAPI v2 uses. */
const sealField = 9_000;

/** The message with its seal. `place` says what it is the message for. */
export function sealBytes(message: Uint8Array, place: string): Buffer {
  return Buffer.concat([message, sealOf(message, place)]);
}

/** The message without its seal; `undefined` when the seal is missing, or not of message and place. */
export function unsealBytes(sealed: Buffer, place: string): Buffer | undefined {
  const message = sealed.subarray(0, Math.max(0, sealed.byteLength - sealSize));
  return sealOf(message, place).equals(sealed.subarray(message.byteLength)) ? message : undefined;
}

function sealOf(message: Uint8Array, place: string): Buffer {
  const hash = createHash("sha256").update(place).update(message).digest("hex");
  return new MessageWriter().string(sealField, hash).finish();
}

const sealSize = sealOf(new Uint8Array(), "").byteLength;
