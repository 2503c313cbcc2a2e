/**
 * What object storage says when something is wrong, in our words.
 *
 *     not there               an answer, no error
 *     busy, slow, away        REMOTE_UNAVAILABLE     may go away
 *     not allowed, clock off  REMOTE_REFUSED
 *     no such bucket, region  REMOTE_UNFIT
 *
 * Errors of the client hold requests with all of their headers, so none is passed on.
 *
 * @module
 */
import type { BuildError } from "@ashlar/core";

import { remoteRefused, remoteUnavailable, remoteUnfit } from "../errors.ts";

/** What is known of an error of the client. */
interface ClientError {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  /** The moment at which the service answered, by its own clock, if it said so. */
  readonly serverTime: string | undefined;
}

/** Names of errors about the address of the bucket, and what to do. */
const unfit: Readonly<Record<string, string>> = {
  NoSuchBucket: "make the bucket, or check its name and the endpoint",
  InvalidBucketName: "check the name of the bucket",
  PermanentRedirect: "name the region that the bucket is in: `region`",
  AuthorizationHeaderMalformed: "name the region that the bucket is in: `region`",
  IllegalLocationConstraintException: "name the region that the bucket is in: `region`",
};

const busy = new Set([
  "RequestTimeout",
  "RequestTimeoutException",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "InternalError",
  "ServiceUnavailable",
  "OperationAborted",
]);

const skewed = new Set(["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"]);

/** True when an error says that there is no such object. */
export function isAbsent(error: unknown): boolean {
  const { name, status } = read(error);
  // An answer without a body does not say what it is that is not there. Of those with one, buckets and keys are others.
  return status === 404 && (name === "NoSuchKey" || name === "NotFound" || name === "Error");
}

/**
 * The error that people see.
 *
 * @param what - What we were about to do: `read`, `write`.
 * @param conceal - Takes what is secret out of a text.
 */
export function faultOf(
  error: unknown,
  cache: { readonly name: string; readonly conceal: (text: string) => string },
  what: "read" | "write",
): BuildError {
  const { name: kind, message, status, serverTime } = read(error);
  const reason = cache.conceal(message === "" ? kind : `${kind}: ${message}`);
  const { name } = cache;
  if (skewed.has(kind)) return skewFault(name, what, serverTime);
  const way = unfit[kind];
  if (way !== undefined || status === 301) {
    return remoteUnfit(name, reason, way ?? "name the region that the bucket is in: `region`");
  }
  const isRefusal = status !== undefined && status >= 400 && status < 500 && status !== 408;
  const isBusy = busy.has(kind) || status === 429;
  // Nobody has told the client who we are, so nobody was asked.
  if (kind === "CredentialsProviderError") return remoteRefused(name, what, reason);
  return isRefusal && !isBusy ? remoteRefused(name, what, reason) : remoteUnavailable(name, reason);
}

/** A request is signed with its time, and taken only near to it. */
function skewFault(name: string, what: string, serverTime: string | undefined): BuildError {
  const here = new Date();
  const there = serverTime === undefined ? undefined : new Date(serverTime);
  const isKnown = there !== undefined && !Number.isNaN(there.getTime());
  const apart = isKnown
    ? `it is ${here.toISOString()} here, and ${there.toISOString()} there`
    : `it is ${here.toISOString()} here`;
  return remoteRefused(
    name,
    what,
    `the clock of this machine differs too much from that of the service: ${apart}`,
  );
}

function read(error: unknown): ClientError {
  const { name, Code, message, $metadata, $response, code } = (error ?? {}) as {
    readonly name?: unknown;
    readonly Code?: unknown;
    readonly message?: unknown;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  };
  const isKind = (each: unknown): each is string =>
    typeof each === "string" && each !== "Error" && each !== "UnknownError";
  const kind = [name, Code].find(isKind) ?? "Error";
  return {
    name: kind === "Error" && typeof code === "string" ? code : kind,
    message: typeof message === "string" && message !== "UnknownError" ? message : "",
    status: $metadata?.httpStatusCode,
    serverTime: $response?.headers?.["date"],
  };
}
