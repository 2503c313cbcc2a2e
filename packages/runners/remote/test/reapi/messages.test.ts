/**
 * The messages of the Remote Execution API, byte by byte as `protoc --encode` writes them.
 *
 * Each vector is `{ message, name, text, hex }`: the text is what protoc (libprotoc 3.21.12) was given, with the schemas of
 * bazelbuild/remote-apis (becdd8f) and googleapis.
 *
 * @module
 */
import { readFileSync } from "node:fs";

import { BuildError, digestBytes, makeDigest } from "@ashlar/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import * as blobs from "../../src/reapi/messages/blobs.ts";
import * as stream from "../../src/reapi/messages/byte-stream.ts";
import * as capabilities from "../../src/reapi/messages/capabilities.ts";
import * as execution from "../../src/reapi/messages/execution.ts";
import { encodeRequestMetadata } from "../../src/reapi/messages/request-metadata.ts";
import { parseResourceName, resourceName } from "../../src/reapi/messages/resource-name.ts";
import * as results from "../../src/reapi/messages/results.ts";
import { decodeStatus, encodeStatus, okStatus } from "../../src/reapi/messages/status.ts";

interface Vector {
  readonly message: string;
  readonly name: string;
  readonly text: string;
  readonly hex: string;
}

/** A value, what writes it, and what reads it, where there is such. */
interface Codec {
  readonly value: unknown;
  readonly encode?: () => Buffer;
  readonly decode?: (message: Buffer) => unknown;
}

const vectors = JSON.parse(
  readFileSync(new URL("message-vectors.json", import.meta.url), "utf8"),
) as readonly Vector[];

const a = makeDigest("ab".repeat(32), 5);
const empty = makeDigest("cd".repeat(32), 0);
const middling = makeDigest("cd".repeat(32), 300);
const large = makeDigest("0f".repeat(32), 70_000);
const key = makeDigest("ab".repeat(32), 142);
const bytes = (text: string): Buffer => Buffer.from(text);

/** Both directions of a message. */
function codec<T>(
  value: T,
  encode: (value: T) => Buffer,
  decode: (message: Uint8Array) => T,
): Codec {
  return { value, encode: () => encode(value), decode };
}

const capable: capabilities.ServerCapabilities = {
  cache: {
    digestFunctions: [1],
    updateEnabled: true,
    maxBatchTotalSizeBytes: 65_536,
    compressors: [1],
    batchUpdateCompressors: [1],
    maxBlobSizeBytes: 0,
  },
  execution: { execEnabled: true, digestFunctions: [1] },
  lowVersion: { major: 2, minor: 0 },
  highVersion: { major: 2, minor: 11 },
};
const item = { status: okStatus, compressor: 0 };
const resource = `uploads/u/blobs/${a}`;
const longResource = `uploads/u/blobs/${makeDigest("ab".repeat(32), 70_300)}`;
const execute = { instance: "main", key, skipCacheLookup: false, priority: 0 };
const lost = { status: "INTERNAL", message: "lost", violations: [] } as const;

const codecs: Readonly<Record<string, Codec>> = {
  "GetCapabilitiesRequest: no instance": codec(
    "",
    capabilities.encodeGetCapabilities,
    capabilities.decodeGetCapabilities,
  ),
  "GetCapabilitiesRequest: an instance": codec(
    "main/linux",
    capabilities.encodeGetCapabilities,
    capabilities.decodeGetCapabilities,
  ),
  "ServerCapabilities: a full one": {
    value: {
      cache: {
        digestFunctions: [1, 9],
        updateEnabled: true,
        maxBatchTotalSizeBytes: 65_536,
        compressors: [1, 2],
        batchUpdateCompressors: [1],
        maxBlobSizeBytes: 2 ** 40,
      },
      execution: { execEnabled: true, digestFunctions: [1, 2] },
      lowVersion: { major: 2, minor: 0 },
      highVersion: { major: 2, minor: 11 },
    },
    decode: capabilities.decodeCapabilities,
  },
  "ServerCapabilities: what we write": codec(
    capable,
    capabilities.encodeCapabilities,
    capabilities.decodeCapabilities,
  ),
  "FindMissingBlobsRequest: two digests": codec(
    { instance: "main", digests: [makeDigest("ab".repeat(32), 1024), empty], compressors: [] },
    blobs.encodeFindMissing,
    (message) => ({ compressors: [], ...blobs.decodeFindMissing(message) }),
  ),
  "FindMissingBlobsResponse: two digests": codec(
    [makeDigest("ab".repeat(32), 1024), makeDigest("0f".repeat(32), 300)],
    blobs.encodeMissing,
    blobs.decodeMissing,
  ),
  "BatchReadBlobsRequest: compressed": codec(
    { instance: "main", digests: [a], compressors: [1] },
    blobs.encodeBatchRead,
    blobs.decodeBatchRead,
  ),
  "BatchReadBlobsResponse: one is missing": codec(
    [
      { ...item, digest: a, data: bytes("hello") },
      {
        ...item,
        digest: middling,
        data: bytes(""),
        status: { status: "NOT_FOUND", message: "not here", violations: [] },
      },
      { ...item, digest: large, data: bytes("(zstd)"), compressor: 1 },
    ],
    blobs.encodeBatch,
    blobs.decodeBatch,
  ),
  "BatchUpdateBlobsRequest: three blobs": {
    value: {
      instance: "main",
      items: [
        { ...item, digest: a, data: bytes("hello") },
        { ...item, digest: middling, data: bytes("x".repeat(300)) },
        { ...item, digest: large, data: bytes("zz"), compressor: 1 },
      ],
    },
    encode: () =>
      blobs.encodeBatchUpdate("main", [
        { digest: a, data: bytes("hello"), compressor: 0 },
        { digest: middling, data: bytes("x".repeat(300)), compressor: 0 },
        { digest: large, data: bytes("zz"), compressor: 1 },
      ]),
    decode: blobs.decodeBatchUpdate,
  },
  "BatchUpdateBlobsResponse: one refused": codec(
    [
      { digest: a, status: okStatus },
      {
        digest: middling,
        status: { status: "RESOURCE_EXHAUSTED", message: "no room", violations: [] },
      },
    ],
    blobs.encodeBatchUpdated,
    blobs.decodeBatchUpdated,
  ),
  "GetActionResultRequest: plain": codec(
    { instance: "main", key },
    results.encodeGetResult,
    results.decodeGetResult,
  ),
  "UpdateActionResultRequest: plain": codec(
    {
      instance: "main",
      key,
      result: Buffer.from("20034a0f0a0d6c6f63616c2f73616e64626f78", "hex"),
    },
    results.encodeUpdateResult,
    results.decodeUpdateResult,
  ),
  "ExecuteRequest: plain": codec(execute, execution.encodeExecute, execution.decodeExecute),
  "ExecuteRequest: with all": codec(
    { ...execute, skipCacheLookup: true, priority: -5 },
    execution.encodeExecute,
    execution.decodeExecute,
  ),
  "WaitExecutionRequest: plain": codec(
    "operations/7",
    execution.encodeOperationName,
    execution.decodeOperationName,
  ),
  "CancelOperationRequest: plain": codec(
    "operations/7",
    execution.encodeOperationName,
    execution.decodeOperationName,
  ),
  "Operation: queued": codec(
    {
      name: "operations/7",
      isDone: false,
      progress: { stage: "queued", stdoutStream: "logs/out", stderrStream: "logs/err" },
    },
    execution.encodeOperation,
    execution.decodeOperation,
  ),
  "Operation: done": codec(
    {
      name: "operations/7",
      isDone: true,
      response: {
        result: Buffer.from("2003", "hex"),
        wasCached: true,
        status: { status: "DEADLINE_EXCEEDED", message: "too slow", violations: [] },
        serverLogs: new Map([["kernel", { digest: key, isReadable: true }]]),
        message: "see https://example.com/7",
      },
    },
    execution.encodeOperation,
    execution.decodeOperation,
  ),
  "Operation: failed": codec(
    { name: "operations/7", isDone: true, error: lost },
    execution.encodeOperation,
    execution.decodeOperation,
  ),
  "Status: with details": codec(
    {
      status: "FAILED_PRECONDITION",
      message: "inputs are missing",
      violations: [
        { type: "MISSING", subject: `blobs/${a}`, description: "an input" },
        { type: "MISSING", subject: `blobs/${empty}`, description: "" },
      ],
      retryAfterMs: 1500,
    },
    encodeStatus,
    decodeStatus,
  ),
  "Status: with details that we do not know": {
    value: { status: "UNAVAILABLE", message: "", violations: [] },
    decode: decodeStatus,
  },
  "ReadRequest: from an offset": codec(
    { resourceName: `main/blobs/${makeDigest("ab".repeat(32), 70_000)}`, offset: 65_536 },
    stream.encodeRead,
    stream.decodeRead,
  ),
  "ReadResponse: a piece": codec(bytes("x".repeat(200)), stream.encodePiece, stream.decodePiece),
  "WriteRequest: first piece": codec(
    { resourceName: resource, offset: 0, finish: false, data: bytes("hel") },
    stream.encodeWrite,
    stream.decodeWrite,
  ),
  "WriteRequest: last piece": codec(
    { resourceName: longResource, offset: 70_000, finish: true, data: bytes("x".repeat(300)) },
    stream.encodeWrite,
    stream.decodeWrite,
  ),
  "WriteRequest: no bytes": codec(
    { resourceName: resource, offset: 5, finish: true, data: bytes("") },
    stream.encodeWrite,
    stream.decodeWrite,
  ),
  "WriteResponse: all": codec(5, stream.encodeWritten, stream.decodeWritten),
  "WriteResponse: compressed": codec(-1, stream.encodeWritten, stream.decodeWritten),
  "QueryWriteStatusRequest: plain": codec(
    resource,
    stream.encodeQueryWrite,
    stream.decodeQueryWrite,
  ),
  "QueryWriteStatusResponse: half": codec(
    { committedSize: 3, complete: false },
    stream.encodeWriteStatus,
    stream.decodeWriteStatus,
  ),
  "QueryWriteStatusResponse: whole": codec(
    { committedSize: 5, complete: true },
    stream.encodeWriteStatus,
    stream.decodeWriteStatus,
  ),
  "RequestMetadata: of an action": {
    value: undefined,
    encode: () =>
      encodeRequestMetadata({
        toolVersion: "1.2.3",
        actionId: "ab".repeat(32),
        invocationId: "0b29fe4e-8bc0-4f6e-9f6d-0b0cf3f9d3a1",
        mnemonic: "compile",
      }),
  },
};

describe.each(vectors.map((each) => [`${each.message}: ${each.name}`, each] as const))(
  "%s",
  (name, { hex }) => {
    const { value, encode, decode } = codecs[name] ?? { value: undefined };
    test.runIf(encode !== undefined)("is written as protoc does", () => {
      expect(encode!().toString("hex")).toBe(hex);
    });
    test.runIf(decode !== undefined)("is read", () => {
      expect(decode!(Buffer.from(hex, "hex"))).toEqual(value);
    });
  },
);

test("whatever a service answers is read, or refused with a code", () => {
  const readers = Object.values(codecs).flatMap(({ decode }) => (decode ? [decode] : []));
  const altered = fc
    .tuple(fc.constantFrom(...vectors), fc.nat(), fc.nat({ max: 255 }))
    .map(([{ hex }, at, byte]) => {
      const message = Buffer.from(hex, "hex");
      if (message.length > 0) message[at % message.length] = byte;
      return message;
    });
  const anything = fc.oneof(
    altered,
    fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
  );
  fc.assert(
    fc.property(anything, (message) => {
      for (const read of readers) {
        try {
          read(message);
        } catch (error) {
          expect(error).toBeInstanceOf(BuildError);
          expect((error as BuildError).code).toMatch(/^MALFORMED_/);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("every codec has a vector, and every vector a codec", () => {
  const names = vectors.map(({ message, name }) => `${message}: ${name}`);
  expect(Object.keys(codecs).toSorted()).toEqual(names.toSorted());
});

test("lists of enum values are read unpacked, too", () => {
  // acceptable_compressors: 1, 0x8001; as older writers have them.
  const message = Buffer.from("18011881800210012a", "hex").subarray(0, 6);
  expect(blobs.decodeBatchRead(message).compressors).toEqual([1, 0x8001]);
});

test.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 20, 2 ** 21])(
  "a piece of %i bytes is read as it was written",
  (length) => {
    const data = Buffer.alloc(length, 7);
    const request = { resourceName: resource, offset: 2 ** 40 + length, finish: true, data };
    const read = stream.decodeWrite(stream.encodeWrite(request));
    expect({ ...read, data: read.data.length }).toEqual({ ...request, data: length });
    expect(data.equals(read.data)).toBe(true);
    expect(stream.decodePiece(stream.encodePiece(data)).equals(data)).toBe(true);
  },
);

test("names of blobs are read as they were written", () => {
  const digest = digestBytes(Buffer.from("x"));
  for (const instance of ["", "main", "a/b", "blobs"]) {
    for (const isCompressed of [false, true]) {
      for (const uuid of [undefined, "0b29fe4e-8bc0-4f6e-9f6d-0b0cf3f9d3a1"]) {
        const name = { instance, digest, isCompressed, ...(uuid && { uuid }) };
        expect(parseResourceName(resourceName(name))).toEqual(name);
      }
    }
  }
  expect(parseResourceName("blobs/abc/1")).toBeUndefined();
});
