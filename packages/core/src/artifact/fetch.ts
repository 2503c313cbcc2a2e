/**
 * Fetching: files from elsewhere, pinned by their digest.
 *
 * Naming one downloads nothing. When a build starts, what its stages need and the store does not have is
 * downloaded, checked, and kept. The digest is the identity of the file; its address is in no key.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { makeTree } from "./artifact.ts";
import type { FetchedThing, File } from "./handle.ts";
import { parseName } from "./path.ts";

/** What a fetched file must be, and how it becomes one. */
export interface FetchOptions {
  /**
   * SHA-256 of its bytes: 64 hexadecimal digits, or `sha256-` and base64, as in `integrity`. Without it
   * the build downloads the file, and fails with `FETCH_UNPINNED`, which says what to write here.
   */
  readonly sha256?: string;
  /** Its name in an input root. @defaultValue the last segment of the (first) URL's path */
  readonly name?: string;
  /** Whether it can be executed. @defaultValue false */
  readonly executable?: boolean;
  /**
   * How long a server may send nothing, in milliseconds, before that counts as a failure, which is tried
   * again. How long a download takes as a whole is not limited.
   *
   * @defaultValue 30,000
   */
  readonly idleTimeoutMs?: number;
  /** What it is to those who asked for it: for errors. @defaultValue its address says it */
  readonly about?: FetchedThing;
}

const protocols = new Set(["http:", "https:", "file:"]);

/**
 * A file that is downloaded when a build starts, unless the store has it.
 *
 * @param url - An `http:`, `https:` or `file:` URL; or several with the same content, which are tried in
 *   order. A user and a password in it are used, and shown nowhere.
 * @throws {@link BuildError} `INVALID_OPTION`. When it is built: `FETCH_UNPINNED`, `FETCH_WRONG_DIGEST`,
 *   `FETCH_FAILED`.
 * @example
 * ```ts
 * const archive = fetch("https://example.org/zlib-1.3.1.tar.gz", {
 *   sha256: "9a93b2b7dfdac77ceba5a558a580e74667dd6fede4585b91eefb60f03b72df23",
 * });
 * ```
 */
export function fetch(
  url: string | URL | readonly (string | URL)[],
  { sha256, name, executable = false, idleTimeoutMs = 30_000, about }: FetchOptions = {},
): File {
  const list: readonly unknown[] = Array.isArray(url) ? url : [url];
  const [first, ...mirrors] = list.map((each) => parseUrl(each));
  if (first === undefined) throw invalidOption("url", "an empty list", "one URL, or several");
  if (!(idleTimeoutMs > 0 && idleTimeoutMs < 2 ** 31)) {
    const wanted = "in milliseconds, above 0 and below 2^31";
    throw invalidOption("idleTimeoutMs", describe(idleTimeoutMs), wanted);
  }
  const file = parseName(name ?? lastSegment(first));
  const spec = Object.freeze({
    urls: Object.freeze([first, ...mirrors].map(({ href }) => href)),
    sha256: sha256 === undefined ? undefined : parseSha256(sha256),
    name: file,
    isExecutable: executable,
    idleTimeoutMs,
    about,
  });
  const filter = Object.freeze({ gitignore: false });
  const location = shownUrl(first);
  return makeTree(Object.freeze({ type: "source", location, filter, fetch: spec })).file(file);
}

/** A URL as it may be shown: without a user, a password, or the values of a query. */
export function shownUrl(url: URL | string): string {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  shown.hash = "";
  const hasQuery = shown.search !== "";
  shown.search = "";
  return hasQuery ? `${shown.href}?…` : shown.href;
}

function parseUrl(text: unknown): URL {
  const wanted = "an `http:`, `https:` or `file:` URL";
  if (typeof text !== "string" && !(text instanceof URL)) {
    throw invalidOption("url", describe(text), wanted);
  }
  let url: URL;
  try {
    url = new URL(text);
    if (url.protocol === "file:") fileURLToPath(url);
  } catch {
    throw invalidOption(
      "url",
      `no URL${typeof text === "string" && !text.includes("@") ? `: ${text}` : ""}`,
      wanted,
    );
  }
  if (!protocols.has(url.protocol)) throw invalidOption("url", `a \`${url.protocol}\` URL`, wanted);
  return url;
}

function parseSha256(text: unknown): string {
  if (typeof text === "string") {
    if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
    const [, base64] = /^sha256-([A-Za-z0-9+/]{43}=)$/.exec(text.trim()) ?? [];
    if (base64 !== undefined) return Buffer.from(base64, "base64").toString("hex");
  }
  throw invalidOption("sha256", describe(text), "64 hexadecimal digits, or `sha256-` and base64");
}

/** The name that a browser would save it under. */
function lastSegment({ pathname, hostname }: URL): string {
  const segment = pathname.split("/").findLast((each) => each !== "") ?? hostname;
  let name = segment;
  try {
    name = decodeURIComponent(segment);
  } catch {
    // Not a name that was encoded, then.
  }
  return name === "" || name === "." || name === ".." || /[/\0]/.test(name) ? "download" : name;
}
