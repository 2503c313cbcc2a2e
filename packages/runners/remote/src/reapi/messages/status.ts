/**
 * `google.rpc.Status`: how a call, or one item of it, ended, with details.
 *
 * @module
 */
import { MessageWriter, readFields } from "@ashlar/core";

/** The codes of gRPC, by number. */
const names = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** Name of a gRPC status code. */
export type StatusName = (typeof names)[number];

/** One violation of a `PreconditionFailure`: `MISSING` and `blobs/<hash>/<size>` for an input that is not there. */
export interface Violation {
  readonly type: string;
  readonly subject: string;
  readonly description: string;
}

/** A status with those details that we know. */
export interface Status {
  readonly status: StatusName;
  readonly message: string;
  /** Of a `RetryInfo`: how long to wait before the call is made again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Of a `PreconditionFailure`. */
  readonly violations: readonly Violation[];
}

/** How a call ended that did not fail. */
export const okStatus: Status = { status: "OK", message: "", violations: [] };

const retryInfo = "type.googleapis.com/google.rpc.RetryInfo";
const preconditionFailure = "type.googleapis.com/google.rpc.PreconditionFailure";
const writer = new MessageWriter();

/** Name of a code; `UNKNOWN` for one that gRPC does not have. */
export function statusName(code: number): StatusName {
  return names[code] ?? "UNKNOWN";
}

/** Number of a code. */
export function statusCode(name: StatusName): number {
  return names.indexOf(name);
}

/** Writes the message. */
export function encodeStatus({ status, message, retryAfterMs, violations }: Status): Buffer {
  writer.clear().integer(1, statusCode(status)).string(2, message);
  if (violations.length > 0) writeViolations(violations);
  if (retryAfterMs !== undefined) writeRetryInfo(retryAfterMs);
  return writer.finish();
}

/** Reads the message. Details that we do not know are passed over. */
export function decodeStatus(bytes: Uint8Array): Status {
  let code = 0;
  let message = "";
  let retryAfterMs: number | undefined;
  const violations: Violation[] = [];
  for (const field of readFields(bytes)) {
    if (field.number === 1) code = field.integer;
    if (field.number === 2) message = field.bytes.toString("utf8");
    if (field.number !== 3) continue;
    const { type, value } = decodeAny(field.bytes);
    if (type === retryInfo) retryAfterMs = decodeRetryInfo(value);
    if (type === preconditionFailure) violations.push(...decodeViolations(value));
  }
  const status = statusName(code);
  return { status, message, violations, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Reads a `google.protobuf.Any`. */
export function decodeAny(message: Uint8Array): { readonly type: string; readonly value: Buffer } {
  let type = "";
  let value: Buffer = Buffer.alloc(0);
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) type = bytes.toString("utf8");
    if (number === 2) value = bytes;
  }
  return { type, value };
}

function writeViolations(violations: readonly Violation[]): void {
  const any = writer.begin(3);
  writer.string(1, preconditionFailure);
  const failure = writer.begin(2);
  for (const { type, subject, description } of violations) {
    const violation = writer.begin(1);
    writer.string(1, type).string(2, subject).string(3, description).end(violation);
  }
  writer.end(failure).end(any);
}

function decodeViolations(message: Buffer): Violation[] {
  return Array.from(readFields(message)).flatMap(({ number, bytes }) =>
    number === 1 ? [decodeViolation(bytes)] : [],
  );
}

function decodeViolation(message: Buffer): Violation {
  const parts = ["", "", ""];
  for (const { number, bytes } of readFields(message)) parts[number - 1] = bytes.toString("utf8");
  const [type = "", subject = "", description = ""] = parts;
  return { type, subject, description };
}

function writeRetryInfo(milliseconds: number): void {
  const seconds = Math.floor(milliseconds / 1000);
  const any = writer.begin(3);
  writer.string(1, retryInfo);
  const info = writer.begin(2);
  const delay = writer.begin(1);
  writer.integer(1, seconds).integer(2, Math.round((milliseconds - seconds * 1000) * 1e6));
  writer.end(delay).end(info).end(any);
}

function decodeRetryInfo(message: Buffer): number {
  let delayMs = 0;
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) delayMs = decodeDuration(bytes);
  }
  return delayMs;
}

function decodeDuration(message: Buffer): number {
  let milliseconds = 0;
  for (const { number, integer } of readFields(message)) {
    if (number === 1) milliseconds += integer * 1000;
    if (number === 2) milliseconds += integer / 1e6;
  }
  return milliseconds;
}
