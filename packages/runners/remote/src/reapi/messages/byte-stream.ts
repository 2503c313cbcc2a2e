/**
 * The messages of `google.bytestream.ByteStream`: one blob of any size.
 *
 * @module
 */
import { MessageWriter, readFields } from "@ashlar/core";

import { textField } from "./text-field.ts";

/** `ReadRequest`: all bytes from an offset on. */
export interface ReadRequest {
  readonly resourceName: string;
  readonly offset: number;
}

/** `WriteRequest`: one piece of a blob. */
export interface WriteRequest {
  /** Must stand in the first message of a call; may be empty in later ones. */
  readonly resourceName: string;
  readonly offset: number;
  /** Whether this is the last piece. */
  readonly finish: boolean;
  readonly data: Uint8Array;
}

/** `QueryWriteStatusResponse`. */
export interface WriteStatus {
  readonly committedSize: number;
  readonly complete: boolean;
}

const writer = new MessageWriter();

/** Writes a `ReadRequest`. */
export function encodeRead({ resourceName, offset }: ReadRequest): Buffer {
  return writer.clear().string(1, resourceName).integer(2, offset).finish();
}

/** Reads a `ReadRequest`. */
export function decodeRead(message: Uint8Array): ReadRequest {
  let offset = 0;
  for (const { number, integer } of readFields(message)) if (number === 2) offset = integer;
  return { resourceName: textField(message, 1), offset };
}

/** Writes a `ReadResponse`. */
export function encodePiece(data: Uint8Array): Buffer {
  return withData(writer.clear().finish(), data);
}

/** Reads a `ReadResponse`: a view of it. */
export function decodePiece(message: Uint8Array): Buffer {
  let data: Buffer = Buffer.alloc(0);
  for (const { number, bytes } of readFields(message)) if (number === 10) data = bytes;
  return data;
}

/** Writes a `WriteRequest`. */
export function encodeWrite({ resourceName, offset, finish, data }: WriteRequest): Buffer {
  const head = writer.clear().string(1, resourceName).integer(2, offset).bool(3, finish).finish();
  return withData(head, data);
}

/** Reads a `WriteRequest`. Its data are a view of the message. */
export function decodeWrite(message: Uint8Array): WriteRequest {
  let resourceName = "";
  let offset = 0;
  let finish = false;
  let data: Buffer = Buffer.alloc(0);
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 1) resourceName = bytes.toString("utf8");
    if (number === 2) offset = integer;
    if (number === 3) finish = integer !== 0;
    if (number === 10) data = bytes;
  }
  return { resourceName, offset, finish, data };
}

/** Writes a `WriteResponse`. */
export function encodeWritten(committedSize: number): Buffer {
  return writer.clear().integer(1, committedSize).finish();
}

/** Reads a `WriteResponse`: the committed size. */
export function decodeWritten(message: Uint8Array): number {
  return decodeWriteStatus(message).committedSize;
}

/** Writes a `QueryWriteStatusRequest`. */
export function encodeQueryWrite(resourceName: string): Buffer {
  return writer.clear().string(1, resourceName).finish();
}

/** Reads a `QueryWriteStatusRequest`: the resource name. */
export function decodeQueryWrite(message: Uint8Array): string {
  return textField(message, 1);
}

/** Writes a `QueryWriteStatusResponse`. */
export function encodeWriteStatus({ committedSize, complete }: WriteStatus): Buffer {
  return writer.clear().integer(1, committedSize).bool(2, complete).finish();
}

/** Reads a `QueryWriteStatusResponse`. */
export function decodeWriteStatus(message: Uint8Array): WriteStatus {
  let committedSize = 0;
  let complete = false;
  for (const { number, integer } of readFields(message)) {
    if (number === 1) committedSize = integer;
    if (number === 2) complete = integer !== 0;
  }
  return { committedSize, complete };
}

/** A message with its field 10, copied once: a writer would copy a piece of a blob twice. */
function withData(head: Buffer, data: Uint8Array): Buffer {
  if (data.byteLength === 0) return head;
  const tag = [(10 << 3) | 2];
  for (let left = data.byteLength; ; left = Math.floor(left / 0x80)) {
    if (left < 0x80) {
      tag.push(left);
      break;
    }
    tag.push((left % 0x80) | 0x80);
  }
  return Buffer.concat([head, Buffer.from(tag), data]);
}
