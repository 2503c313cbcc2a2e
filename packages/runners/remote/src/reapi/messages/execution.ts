/**
 * The messages of `Execution`, and of the long-running operations that it answers with.
 *
 * @module
 */
import {
  emptyDigest,
  MessageWriter,
  readDigest,
  readFields,
  type ActionKey,
  type Digest,
} from "@ashlar/core";

import { sha256 } from "./enums.ts";
import { decodeAny, decodeStatus, encodeStatus, type Status } from "./status.ts";
import { textField } from "./text-field.ts";

/** `ExecuteRequest`. */
export interface ExecuteRequest {
  readonly instance: string;
  readonly key: ActionKey;
  /** Whether it runs though there is a result. */
  readonly skipCacheLookup: boolean;
  /** 0 is usual, lower ones are more urgent, as far as a service cares. */
  readonly priority: number;
}

/** How far an execution is; services may leave it out, and go back. */
export type ExecutionStage = "unknown" | "cache check" | "queued" | "executing" | "completed";

const stages: readonly ExecutionStage[] = [
  "unknown",
  "cache check",
  "queued",
  "executing",
  "completed",
];

/** `ExecuteOperationMetadata`. */
export interface ExecutionProgress {
  readonly stage: ExecutionStage;
  /** Names under which the logs are streamed while it runs; empty when they are not. */
  readonly stdoutStream: string;
  readonly stderrStream: string;
}

/** A log of a service about an execution, not of the command. */
export interface ServerLog {
  readonly digest: Digest;
  readonly isReadable: boolean;
}

/** `ExecuteResponse`. */
export interface ExecuteResponse {
  /** The bytes of an `ActionResult`, when there is one. */
  readonly result: Buffer | undefined;
  readonly wasCached: boolean;
  /** How the execution ended: not what the command's exit code was. Absent: well. */
  readonly status: Status | undefined;
  readonly serverLogs: ReadonlyMap<string, ServerLog>;
  /** For people. */
  readonly message: string;
}

/** `google.longrunning.Operation` of an execution. */
export interface Operation {
  readonly name: string;
  readonly isDone: boolean;
  readonly progress?: ExecutionProgress;
  /** Of an operation that could not be carried on. */
  readonly error?: Status;
  readonly response?: ExecuteResponse;
}

const metadataType = "type.googleapis.com/build.bazel.remote.execution.v2.ExecuteOperationMetadata";
const responseType = "type.googleapis.com/build.bazel.remote.execution.v2.ExecuteResponse";
const writer = new MessageWriter();

/** Writes the message. */
export function encodeExecute(request: ExecuteRequest): Buffer {
  const { instance, skipCacheLookup, key, priority } = request;
  writer.clear().string(1, instance).bool(3, skipCacheLookup).digest(6, key);
  if (priority !== 0) {
    const policy = writer.begin(7);
    writer.integer(1, priority).end(policy);
  }
  return writer.integer(9, sha256).finish();
}

/** Reads the message. */
export function decodeExecute(message: Uint8Array): ExecuteRequest {
  let instance = "";
  let key = emptyDigest;
  let skipCacheLookup = false;
  let priority = 0;
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 1) instance = bytes.toString("utf8");
    if (number === 3) skipCacheLookup = integer !== 0;
    if (number === 6) key = readDigest(bytes);
    if (number === 7) for (const field of readFields(bytes)) priority = field.integer;
  }
  return { instance, key, skipCacheLookup, priority };
}

/** Writes a `WaitExecutionRequest`, or a `CancelOperationRequest`: both hold the name of an operation. */
export function encodeOperationName(name: string): Buffer {
  return writer.clear().string(1, name).finish();
}

/** Reads what {@link encodeOperationName} writes. */
export function decodeOperationName(message: Uint8Array): string {
  return textField(message, 1);
}

/** Writes the message. */
export function encodeOperation(operation: Operation): Buffer {
  const { name, progress, isDone, error, response } = operation;
  const answer = response && encodeResponse(response);
  writer.clear().string(1, name);
  if (progress !== undefined) {
    const any = writer.begin(2);
    writer.string(1, metadataType);
    const metadata = writer.begin(2);
    writer.integer(1, stages.indexOf(progress.stage));
    writer.string(3, progress.stdoutStream).string(4, progress.stderrStream);
    writer.end(metadata).end(any);
  }
  writer.bool(3, isDone);
  if (error !== undefined) writer.message(4, encodeStatus(error));
  if (answer !== undefined) {
    const any = writer.begin(5);
    writer.string(1, responseType).bytes(2, answer).end(any);
  }
  return writer.finish();
}

/** Reads the message. */
export function decodeOperation(message: Uint8Array): Operation {
  let isDone = false;
  let progress: ExecutionProgress | undefined;
  let error: Status | undefined;
  let response: ExecuteResponse | undefined;
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 2) progress = decodeProgress(bytes);
    if (number === 3) isDone = integer !== 0;
    if (number === 4) error = decodeStatus(bytes);
    if (number === 5) response = decodeResponse(bytes);
  }
  return {
    name: textField(message, 1),
    isDone,
    ...(progress && { progress }),
    ...(error && { error }),
    ...(response && { response }),
  };
}

function decodeProgress(message: Buffer): ExecutionProgress | undefined {
  const { type, value } = decodeAny(message);
  if (type !== metadataType) return undefined;
  let stage: ExecutionStage = "unknown";
  for (const { number, integer } of readFields(value)) {
    if (number === 1) stage = stages[integer] ?? "unknown";
  }
  return { stage, stdoutStream: textField(value, 3), stderrStream: textField(value, 4) };
}

function encodeResponse({ result, wasCached, status, ...rest }: ExecuteResponse): Buffer {
  const own = new MessageWriter();
  if (result !== undefined) own.message(1, result);
  own.bool(2, wasCached);
  if (status !== undefined) own.message(3, encodeStatus(status));
  for (const [name, { digest, isReadable }] of rest.serverLogs) {
    const entry = own.begin(4);
    own.string(1, name);
    const log = own.begin(2);
    own.digest(1, digest).bool(2, isReadable).end(log).end(entry);
  }
  return own.string(5, rest.message).finish();
}

function decodeResponse(message: Buffer): ExecuteResponse | undefined {
  const { type, value } = decodeAny(message);
  if (type !== responseType) return undefined;
  let result: Buffer | undefined;
  let wasCached = false;
  let status: Status | undefined;
  const serverLogs = new Map<string, ServerLog>();
  for (const { number, bytes, integer } of readFields(value)) {
    if (number === 1) result = bytes;
    if (number === 2) wasCached = integer !== 0;
    if (number === 3) status = decodeStatus(bytes);
    if (number === 4) serverLogs.set(textField(bytes, 1), decodeLog(bytes));
  }
  return { result, wasCached, status, serverLogs, message: textField(value, 5) };
}

/** The value of an entry of a map: its second field. */
function decodeLog(entry: Buffer): ServerLog {
  let digest = emptyDigest;
  let isReadable = false;
  for (const log of readFields(entry)) {
    if (log.number !== 2) continue;
    for (const { number, bytes, integer } of readFields(log.bytes)) {
      if (number === 1) digest = readDigest(bytes);
      if (number === 2) isReadable = integer !== 0;
    }
  }
  return { digest, isReadable };
}
