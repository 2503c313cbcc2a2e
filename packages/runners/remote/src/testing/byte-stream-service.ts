/**
 * `ByteStream` of a server in memory: blobs of any size, with uploads that can go on.
 *
 * @module
 */
import { digestBytes, sizeOf } from "@ashlar/core";
import type * as grpc from "@grpc/grpc-js";

import {
  decodeQueryWrite,
  decodeRead,
  decodeWrite,
  encodePiece,
  encodeWriteStatus,
  encodeWritten,
  type WriteRequest,
} from "../reapi/messages/byte-stream.ts";
import { parseResourceName, type ResourceName } from "../reapi/messages/resource-name.ts";
import { zstd } from "../reapi/zstd.ts";
import { altered } from "./blob-services.ts";
import type { Fault } from "./faults.ts";
import {
  asServiceError,
  checkInstance,
  Refusal,
  suffer,
  unary,
  type Ground,
  type Handlers,
} from "./service.ts";

/** Handlers of `ByteStream`. */
export function byteStreamService(ground: Ground): Handlers {
  return {
    read: ((call: grpc.ServerWritableStream<Buffer, Buffer>) => {
      read(ground, call).then(
        () => call.end(),
        (error: unknown) => call.emit("error", asServiceError(ground, error)),
      );
    }) as grpc.UntypedHandleCall,
    write: ((
      call: grpc.ServerReadableStream<Buffer, Buffer>,
      reply: grpc.sendUnaryData<Buffer>,
    ) => {
      // The end of a call whose client has gone.
      call.on("error", () => {});
      write(ground, call).then(
        (committedSize) =>
          reply(null, encodeWritten(committedSize - ground.behaviour.committedLess)),
        (error: unknown) => reply(asServiceError(ground, error)),
      );
    }) as grpc.UntypedHandleCall,
    queryWriteStatus: unary(ground, "queryWriteStatus", (request) => {
      if (!ground.behaviour.hasWriteStatus) throw new Refusal("UNIMPLEMENTED", "not here");
      const name = decodeQueryWrite(request);
      const { digest } = parsed(ground, name);
      const complete = ground.content.has(digest);
      const upload = ground.content.uploads.get(name);
      if (upload === undefined && !complete) throw new Refusal("NOT_FOUND", "no such upload");
      const committedSize = complete ? sizeOf(digest) : sizeOfAll(upload ?? []);
      return encodeWriteStatus({ committedSize, complete });
    }),
  };
}

async function read(
  ground: Ground,
  call: grpc.ServerWritableStream<Buffer, Buffer>,
): Promise<void> {
  const { behaviour, content, faults } = ground;
  const fault = faults.of("read", call.metadata);
  await suffer(fault);
  const { resourceName, offset } = decodeRead(call.request);
  const { digest, isCompressed } = parsed(ground, resourceName);
  const found = content.get(digest);
  if (found === undefined) throw new Refusal("NOT_FOUND", "no such blob");
  if (offset > found.length) throw new Refusal("OUT_OF_RANGE", "the offset is behind the end");
  const bytes = (behaviour.wrongBytes.has(digest) ? altered(found) : found).subarray(offset);
  const sent = isCompressed ? compressed(bytes) : bytes;
  const end = Math.min(sent.length, fault?.afterBytes ?? Infinity);
  for (let at = 0; at < end; at += behaviour.pieceBytes) {
    const piece = sent.subarray(at, Math.min(end, at + behaviour.pieceBytes));
    if (!call.write(encodePiece(piece))) await drained(call);
    if (call.cancelled) return;
  }
  if (fault?.afterBytes !== undefined) throw broken(fault);
}

async function write(
  ground: Ground,
  call: grpc.ServerReadableStream<Buffer, Buffer>,
): Promise<number> {
  const { content, faults } = ground;
  const fault = faults.of("write", call.metadata);
  await suffer(fault);
  let name = "";
  let taken = 0;
  for await (const message of call) {
    const request = decodeWrite(message as Buffer);
    if (name === "") name = request.resourceName;
    const { digest, isCompressed } = parsed(ground, name);
    if (content.has(digest)) return isCompressed ? -1 : sizeOf(digest);
    append(ground, name, request);
    taken += request.data.length;
    if (fault?.afterBytes !== undefined && taken >= fault.afterBytes) throw broken(fault);
    if (request.finish) return finish(ground, name);
  }
  throw new Refusal("INVALID_ARGUMENT", "the upload ended before its last piece");
}

function append({ content }: Ground, name: string, { offset, data }: WriteRequest): void {
  const pieces = content.uploads.get(name) ?? [];
  content.uploads.set(name, pieces);
  const expected = sizeOfAll(pieces);
  if (offset !== expected) {
    throw new Refusal("INVALID_ARGUMENT", `the offset is ${offset}, and should be ${expected}`);
  }
  pieces.push(Buffer.from(data));
}

function finish(ground: Ground, name: string): number {
  const { content } = ground;
  const { digest, isCompressed } = parsed(ground, name);
  const sent = Buffer.concat(content.uploads.get(name) ?? []);
  content.uploads.delete(name);
  const bytes = isCompressed ? zstd?.decompress(sent) : sent;
  if (bytes === undefined || digestBytes(bytes) !== digest) {
    throw new Refusal("INVALID_ARGUMENT", "not the bytes of this digest");
  }
  content.add(bytes);
  return sent.length;
}

function parsed(ground: Ground, name: string): ResourceName {
  const resource = parseResourceName(name);
  if (resource === undefined)
    throw new Refusal("INVALID_ARGUMENT", `\`${name}\` is no resource name`);
  checkInstance(ground, resource.instance);
  return resource;
}

function compressed(bytes: Buffer): Buffer {
  if (zstd === undefined) throw new Refusal("INVALID_ARGUMENT", "there is no zstd here");
  return zstd.compress(bytes);
}

function sizeOfAll(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function broken({ status = "UNAVAILABLE", message = "broken off" }: Fault): Refusal {
  return new Refusal(status, message);
}

async function drained(call: grpc.ServerWritableStream<Buffer, Buffer>): Promise<void> {
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      call.off("drain", settle).off("cancelled", settle);
      resolve();
    };
    call.on("drain", settle).on("cancelled", settle);
  });
}
