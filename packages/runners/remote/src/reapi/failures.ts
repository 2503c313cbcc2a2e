/**
 * What failures of calls mean to a user, and whether they may go away.
 *
 * @module
 */
import { BuildError } from "@ashlar/core";

import { remoteRefused, remoteUnavailable, remoteUnfit } from "../errors.ts";
import { callUnfit, instanceUnknown, tlsFailed, type TlsFault } from "./errors.ts";
import type { StatusName } from "./messages/status.ts";
import { RpcError } from "./transport.ts";

/** What a call was made for. */
export interface Purpose {
  /** The service, as it may be shown. */
  readonly name: string;
  readonly instance: string;
  /** What we wanted to do, after "does not let us". */
  readonly doing: string;
}

/** Those that Bazel makes a call again for. */
const passing: ReadonlySet<StatusName> = new Set([
  "CANCELLED",
  "UNKNOWN",
  "DEADLINE_EXCEEDED",
  "ABORTED",
  "INTERNAL",
  "UNAVAILABLE",
  "RESOURCE_EXHAUSTED",
]);

/** Services have no status for an unknown instance; they have words. */
const instanceWords = /\binstance\b|instance_name/i;

/** What TLS says, in the words of OpenSSL and of Node. */
const tlsWords: readonly (readonly [RegExp, TlsFault])[] = [
  [/altnames|does not match certificate/i, "name"],
  [/certificate has expired|not yet valid|CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/i, "time"],
  [/self[- ]signed|unable to (?:get|verify)|UNABLE_TO_|unknown authority/i, "authority"],
  [/wrong version number|packet length too long|EPROTO.*(?:record|version)/i, "plain"],
  [/alert|certificate required|bad certificate|handshake failure/i, "ours"],
];

/** The error for a user; what is no failure of a call stays what it is. */
export function explained(error: unknown, purpose: Purpose): unknown {
  const { name, doing } = purpose;
  if (error instanceof BuildError && error.code.startsWith("MALFORMED_")) {
    const reason = `what it answers makes no sense: ${error.message}`;
    return remoteUnfit(name, reason, "see whether this is a service of this kind", error);
  }
  if (!(error instanceof RpcError)) return error;
  const { status, message } = error;
  const said = message === "" ? status : `${status}: ${message}`;
  if (status === "UNAVAILABLE") return unavailable(error, purpose);
  if (isUnknownInstance(error)) return instanceUnknown(name, purpose.instance, said);
  // In words for people: the library tells of its load balancer.
  if (error.limitMs !== undefined) {
    return remoteUnavailable(name, `no answer within ${error.limitMs / 1000} s`, error);
  }
  if (passing.has(status)) return remoteUnavailable(name, said, error);
  if (status === "PERMISSION_DENIED" || status === "UNAUTHENTICATED") {
    return remoteRefused(name, doing, said, error);
  }
  return callUnfit(name, doing, said, error);
}

/** True for a refusal of a message because of its size: it may be taken in parts. */
export function isTooLarge(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  const { status, message } = error;
  // This one has other meanings, too: a quota, or too many calls.
  if (status === "RESOURCE_EXHAUSTED")
    return /larger than|too large|max.*size|exceeds/i.test(message);
  return status === "INVALID_ARGUMENT" || status === "OUT_OF_RANGE";
}

/** Not where permission is denied: the instance is known then, and we are not. */
function isUnknownInstance({ status, message }: RpcError): boolean {
  const isFitting = status === "INVALID_ARGUMENT" || status === "NOT_FOUND";
  return isFitting && instanceWords.test(message);
}

function unavailable(error: RpcError, { name }: Purpose): BuildError {
  const reason = lastErrorOf(error.message);
  const fault = tlsWords.find(([words]) => words.test(reason))?.[1];
  const isTls = name.startsWith("grpcs:") && fault !== undefined;
  if (isTls) return tlsFailed(name, fault, reason);
  return remoteUnavailable(name, reason === hungUp ? explainedHangUp(name) : reason, error);
}

/** What the library says when a connection is made, and closed before a word of HTTP/2. */
const hungUp = "Failed to connect";

function explainedHangUp(name: string): string {
  const hint = name.startsWith("grpc:")
    ? "; if it wants TLS, its address begins with `grpcs://`"
    : "";
  return `it hangs up as soon as it is called${hint}`;
}

/** What OpenSSL says around what was wrong: where in its sources, and numbers of its own. */
const opensslNoise = /^.*:SSL routines:[^:]*:([^:]+):.*$/s;

/** What the library says around the error that matters: how it got there, when, and what it read of DNS. */
function lastErrorOf(message: string): string {
  const [, last = message] = /Last error: (.*)/s.exec(message) ?? [];
  return last
    .replace(/\.? ?Resolution note:.*$/s, "")
    .replace(/^Error: /, "")
    .replace(/ \(\d{4}-\d\d-\d\dT[^)]*\)$/, "")
    .replace(opensslNoise, "$1")
    .trim();
}
