/**
 * The wire form of messages: protocol buffers, written canonically.
 *
 * The digest of a message is the digest of its bytes, so there must be one way to write each. REAPI v2
 * (`Digest`) asks for fields in tag order, defaults left out and no unknown fields; the caller sees to
 * the order of fields and of repeated elements, this module to the rest. Written by hand because
 * common protobuf libraries write explicit defaults, or declaration order, and so wrong digests.
 *
 * @module
 */
import { malformedMessage } from "../errors/catalogue.ts";
import { makeDigest, sizeOf, type Digest } from "./digest.ts";

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

/** Digits of a hash. */
const hashLength = 64;

/** Memory that a writer keeps for further messages, at most. */
const keptBytes = 2 ** 16;

/** Collects the bytes of one message. Fields must be added in the order of their tags. */
export class MessageWriter {
  #bytes: Buffer = Buffer.allocUnsafe(256);
  #length = 0;

  /** A string field. Empty is the default of a singular field, and left out. */
  string(field: number, value: string): this {
    return value === "" ? this : this.element(field, value);
  }

  /** One element of a repeated string field. Empty elements count. */
  element(field: number, value: string): this {
    const size = Buffer.byteLength(value);
    this.#tag(field, delimited);
    this.#varint(size);
    this.#reserve(size);
    this.#bytes.write(value, this.#length, "utf8");
    this.#length += size;
    return this;
  }

  /** A bytes field. Empty is the default, and left out. */
  bytes(field: number, value: Uint8Array): this {
    return value.byteLength === 0 ? this : this.message(field, value);
  }

  /** A message field that is present, even when all of it is default. */
  message(field: number, value: Uint8Array): this {
    this.#tag(field, delimited);
    this.#varint(value.byteLength);
    this.#reserve(value.byteLength);
    this.#bytes.set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  /** A bool field. False is the default, and left out. */
  bool(field: number, value: boolean): this {
    return value ? this.integer(field, 1) : this;
  }

  /** An int32, int64 or enum field. Zero is the default, and left out. */
  integer(field: number, value: number): this {
    if (value === 0) return this;
    this.#tag(field, varint);
    this.#varint(value);
    return this;
  }

  /** A `Digest` field, present only when there is one. */
  digest(field: number, digest: Digest | undefined): this {
    if (digest === undefined) return this;
    const start = this.begin(field);
    this.#tag(1, delimited);
    this.#varint(hashLength);
    this.#reserve(hashLength);
    // No string is made of the half: a build writes ten for each stage.
    this.#length += this.#bytes.write(digest, this.#length, hashLength, "latin1");
    return this.integer(2, sizeOf(digest)).end(start);
  }

  /**
   * Begins a message field that is present, whose own fields are added next. Written in place: a message
   * has many small ones, and a writer for each costs more than their bytes. Returns what `end` needs.
   */
  begin(field: number): number {
    this.#tag(field, delimited);
    this.#reserve(1);
    return this.#length++;
  }

  /** Ends the message field that began at `start`. */
  end(start: number): this {
    const size = this.#length - start - 1;
    if (size < 0x80) {
      this.#bytes[start] = size;
      return this;
    }
    // Its length takes more than the one byte that was left for it.
    const end = this.#length;
    this.#varint(size);
    const more = this.#length - end - 1;
    this.#bytes.copyWithin(start + 1 + more, start + 1, end);
    this.#length = start;
    this.#varint(size);
    this.#length += size;
    return this;
  }

  /** Begins another message, in the same memory unless that is large. */
  clear(): this {
    this.#length = 0;
    if (this.#bytes.byteLength > keptBytes) this.#bytes = Buffer.allocUnsafe(256);
    return this;
  }

  /** The bytes so far, in a buffer of their own. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #varint(value: number): void {
    this.#reserve(10);
    if (value < 0) return this.#negative(value);
    while (value >= 0x80) {
      this.#bytes[this.#length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#length++] = value;
  }

  /** Negative integers are written as 64 bits of two's complement: ten bytes. */
  #negative(value: number): void {
    let bits = BigInt.asUintN(64, BigInt(value));
    while (bits >= 0x80n) {
      this.#bytes[this.#length++] = Number(bits % 0x80n) | 0x80;
      bits /= 0x80n;
    }
    this.#bytes[this.#length++] = Number(bits);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.byteLength) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.byteLength));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** One field of a message, as found. */
export interface Field {
  readonly number: number;
  /** Value of a number field; zero for the others. */
  readonly integer: number;
  /** Payload of a string, bytes or message field; empty for the others. */
  readonly bytes: Buffer;
}

/**
 * The fields of an encoded message, in the order in which they stand.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE` when the bytes end early or are not a message.
 */
export function* readFields(message: Uint8Array): Generator<Field, void> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const none = Buffer.alloc(0);
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    at = tag.next;
    const number = Math.floor(Number(tag.value) / 8);
    const type = Number(tag.value & 7n);
    if (type === varint) {
      const { value, next } = readVarint(bytes, at);
      at = next;
      yield { number, integer: Number(BigInt.asIntN(64, value)), bytes: none };
    } else {
      const { start, size } = payload(bytes, at, type);
      at = start + size;
      if (at > bytes.length) throw malformedMessage("a field ends after the message");
      yield { number, integer: 0, bytes: bytes.subarray(start, at) };
    }
  }
}

/** Reads a `Digest` message. */
export function readDigest(message: Uint8Array): Digest {
  let hash = "";
  let size = 0;
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 1) hash = bytes.toString("utf8");
    if (number === 2) size = integer;
  }
  return makeDigest(hash, size);
}

function payload(bytes: Buffer, at: number, type: number): { start: number; size: number } {
  if (type === fixed64) return { start: at, size: 8 };
  if (type === fixed32) return { start: at, size: 4 };
  if (type !== delimited) throw malformedMessage(`wire type ${type} is unknown`);
  const { value, next } = readVarint(bytes, at);
  return { start: next, size: Number(value) };
}

function readVarint(bytes: Buffer, at: number): { value: bigint; next: number } {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[at++];
    if (byte === undefined) throw malformedMessage("a number is cut off");
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next: at };
  }
  throw malformedMessage("a number is longer than 64 bits");
}
