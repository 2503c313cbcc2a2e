/**
 * Downloads: what is at a URL becomes a file, and is hashed on its way. One try, without judgement.
 *
 * Not by the `fetch` of the web: that one undoes a `Content-Encoding`, which servers also claim for archives
 * that are meant to stay packed, and the digest would not be that of the file.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type * as http from "node:http";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import type { Clock } from "../base/clock.ts";
import { storeUnwritable } from "../errors/store-errors.ts";
import { isSystemError } from "./system-error.ts";

/** Why a download came to nothing. */
export class DownloadFailure extends Error {
  /** Whether it may work the next time. */
  readonly mayPass: boolean;

  constructor(message: string, mayPass: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.mayPass = mayPass;
  }
}

/** What was downloaded. */
export interface Downloaded {
  /** In hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** How a download is kept within bounds. */
export interface DownloadContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long nothing may come, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/** Times that a server may send us elsewhere. */
const maxRedirects = 10;

/** Answers that say "later". */
const passingStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Failures of networks, which come and go. */
const passingCodes = new Set([
  ...["EAI_AGAIN", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETDOWN"],
  ...["ENETUNREACH", "EPIPE", "ETIMEDOUT"],
]);

/**
 * Downloads to a new file, one chunk in memory at a time. Rejects with {@link DownloadFailure}, with the
 * signal's reason, or with `STORE_UNWRITABLE`; then part of the file may be there.
 */
export async function download(
  url: string,
  path: string,
  { clock, signal, idleTimeoutMs }: DownloadContext,
): Promise<Downloaded> {
  const idle = new AbortController();
  let callOff = (): void => {};
  const wake = (): void => {
    callOff();
    callOff = clock.after(idleTimeoutMs, () => idle.abort(new Error("idle")));
  };
  try {
    wake();
    const stream = await openUrl(new URL(url), AbortSignal.any([signal, idle.signal]));
    await using file = await writing(path, async () => await open(path, "wx"));
    const hash = createHash("sha256");
    let sizeBytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      wake();
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      await writing(path, async () => await file.writeFile(chunk));
    }
    return { sha256: hash.digest("hex"), sizeBytes };
  } catch (error) {
    signal.throwIfAborted();
    if (idle.signal.aborted) {
      throw new DownloadFailure(`nothing came for ${idleTimeoutMs / 1000} s`, true, error);
    }
    throw isSystemError(error) || isNetworkError(error) ? failureOf(error) : error;
  } finally {
    callOff();
  }
}

/** A full disk is no fault of the network. */
async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSystemError(error) ? storeUnwritable(dirname(path), error) : error;
  }
}

async function openUrl(start: URL, signal: AbortSignal): Promise<Readable> {
  if (start.protocol === "file:") return createReadStream(fileURLToPath(start), { signal });
  let url = start;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await get(url, signal);
    const { statusCode = 0, statusMessage = "", headers } = response;
    if (statusCode === 200) return response;
    response.destroy();
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) {
      const status = `HTTP ${statusCode} ${statusMessage}`.trim();
      throw new DownloadFailure(status, passingStatuses.has(statusCode));
    }
    // Relative to where we are. A user and a password go along within one host only, as part of the URL.
    const next = URL.canParse(headers.location, url.href)
      ? new URL(headers.location, url)
      : undefined;
    if (next?.protocol !== "http:" && next?.protocol !== "https:") {
      throw new DownloadFailure("it leads to no HTTP address", false);
    }
    url = next;
  }
  throw new DownloadFailure(`it leads elsewhere more than ${maxRedirects} times`, false);
}

async function get(url: URL, signal: AbortSignal): Promise<http.IncomingMessage> {
  const isSecure = url.protocol === "https:";
  const { request }: Pick<typeof http, "request"> = isSecure
    ? await import("node:https")
    : await import("node:http");
  const headers = { "accept-encoding": "identity", "user-agent": "ashlar" };
  return await new Promise<http.IncomingMessage>((resolve, reject) => {
    const asked = request(url, { headers, signal });
    asked.once("response", resolve);
    // Not once: what breaks off later is told here as well, and is no surprise to anybody.
    asked.on("error", reject);
    asked.end();
  });
}

function failureOf(error: NodeJS.ErrnoException): DownloadFailure {
  const { code = "" } = error;
  const reason =
    error.message === "" || error.message === "aborted" ? "the connection broke" : error.message;
  return new DownloadFailure(reason, passingCodes.has(code), error);
}

/** Some have a code, but come from no system call: a connection that breaks, a certificate, bad HTTP. */
function isNetworkError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    !("facts" in error)
  );
}
