/**
 * `GetCapabilities`: what a service says that it can do.
 *
 * @module
 */
import { MessageWriter, readFields } from "@ashlar/core";

import { packed, readEnums } from "./enums.ts";
import { textField } from "./text-field.ts";

/** `SemVer`, as far as it is compared. */
export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
}

/** `CacheCapabilities`. */
export interface CacheCapabilities {
  readonly digestFunctions: readonly number[];
  /** Whether results may be written, by anybody. */
  readonly updateEnabled: boolean;
  /** Most bytes of one batch. 0: not said, which does not mean that there is no limit. */
  readonly maxBatchTotalSizeBytes: number;
  /** For whole blobs, in `ByteStream`. */
  readonly compressors: readonly number[];
  readonly batchUpdateCompressors: readonly number[];
  /** Most bytes of one blob. 0: not said. */
  readonly maxBlobSizeBytes: number;
}

/** `ExecutionCapabilities`. */
export interface ExecutionCapabilities {
  readonly execEnabled: boolean;
  readonly digestFunctions: readonly number[];
}

/** `ServerCapabilities`. */
export interface ServerCapabilities {
  readonly cache: CacheCapabilities | undefined;
  readonly execution: ExecutionCapabilities | undefined;
  readonly lowVersion: ApiVersion | undefined;
  readonly highVersion: ApiVersion | undefined;
}

const writer = new MessageWriter();

/** Writes a `GetCapabilitiesRequest`. */
export function encodeGetCapabilities(instance: string): Buffer {
  return writer.clear().string(1, instance).finish();
}

/** Reads the instance name of a `GetCapabilitiesRequest`. */
export function decodeGetCapabilities(message: Uint8Array): string {
  return textField(message, 1);
}

/** Writes the message. */
export function encodeCapabilities(server: ServerCapabilities): Buffer {
  const { cache, execution, lowVersion, highVersion } = server;
  writer.clear();
  if (cache !== undefined) {
    const start = writer.begin(1);
    writer.bytes(1, packed(cache.digestFunctions));
    const update = writer.begin(2);
    writer.bool(1, cache.updateEnabled).end(update);
    writer.integer(4, cache.maxBatchTotalSizeBytes);
    writer.bytes(6, packed(cache.compressors)).bytes(7, packed(cache.batchUpdateCompressors));
    writer.integer(8, cache.maxBlobSizeBytes).end(start);
  }
  if (execution !== undefined) {
    const start = writer.begin(2);
    writer.integer(1, execution.digestFunctions[0] ?? 0).bool(2, execution.execEnabled);
    writer.bytes(5, packed(execution.digestFunctions)).end(start);
  }
  writeVersion(4, lowVersion);
  writeVersion(5, highVersion);
  return writer.finish();
}

/** Reads the message. */
export function decodeCapabilities(message: Uint8Array): ServerCapabilities {
  let cache: CacheCapabilities | undefined;
  let execution: ExecutionCapabilities | undefined;
  let lowVersion: ApiVersion | undefined;
  let highVersion: ApiVersion | undefined;
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) cache = decodeCache(bytes);
    if (number === 2) execution = decodeExecution(bytes);
    if (number === 4) lowVersion = decodeVersion(bytes);
    if (number === 5) highVersion = decodeVersion(bytes);
  }
  return { cache, execution, lowVersion, highVersion };
}

function decodeCache(message: Buffer): CacheCapabilities {
  const digestFunctions: number[] = [];
  const compressors: number[] = [];
  const batchUpdateCompressors: number[] = [];
  let updateEnabled = false;
  let maxBatchTotalSizeBytes = 0;
  let maxBlobSizeBytes = 0;
  for (const field of readFields(message)) {
    const { number, bytes, integer } = field;
    if (number === 1) digestFunctions.push(...readEnums(field));
    if (number === 2) updateEnabled = flagOf(bytes);
    if (number === 4) maxBatchTotalSizeBytes = integer;
    if (number === 6) compressors.push(...readEnums(field));
    if (number === 7) batchUpdateCompressors.push(...readEnums(field));
    if (number === 8) maxBlobSizeBytes = integer;
  }
  return {
    digestFunctions,
    updateEnabled,
    maxBatchTotalSizeBytes,
    compressors,
    batchUpdateCompressors,
    maxBlobSizeBytes,
  };
}

/** Older services name one function; newer ones all, and the one again. */
function decodeExecution(message: Buffer): ExecutionCapabilities {
  const digestFunctions = new Set<number>();
  let execEnabled = false;
  for (const field of readFields(message)) {
    if (field.number === 1) digestFunctions.add(field.integer);
    if (field.number === 2) execEnabled = field.integer !== 0;
    if (field.number === 5) for (const each of readEnums(field)) digestFunctions.add(each);
  }
  return { execEnabled, digestFunctions: [...digestFunctions] };
}

function flagOf(message: Buffer): boolean {
  let flag = false;
  for (const { number, integer } of readFields(message)) if (number === 1) flag = integer !== 0;
  return flag;
}

function writeVersion(field: number, version: ApiVersion | undefined): void {
  if (version === undefined) return;
  const start = writer.begin(field);
  writer.integer(1, version.major).integer(2, version.minor).end(start);
}

function decodeVersion(message: Buffer): ApiVersion {
  let major = 0;
  let minor = 0;
  for (const { number, integer } of readFields(message)) {
    if (number === 1) major = integer;
    if (number === 2) minor = integer;
  }
  return { major, minor };
}
