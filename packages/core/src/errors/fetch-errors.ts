/**
 * The wording of errors of fetched files. Addresses come as they may be shown.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** What a file is to those who asked for it. */
interface About {
  readonly title: string;
  readonly ifMissing: string;
}

/** How an address, or a disk, says that it does not have a file. */
const MISSING = /^HTTP (?:404|410)\b|^ENOENT\b/;

/** No address gave the file. */
export function fetchFailed(
  tried: readonly { readonly url: string; readonly reason: string; readonly times: number }[],
  about?: About,
  cause?: unknown,
): BuildError {
  const [first, ...others] = tried;
  const facts = tried.map(({ url, reason, times }): [string, string] => [
    url,
    times > 1 ? `${reason} (${times} times)` : reason,
  ]);
  const url = `\`${first?.url ?? ""}\` ${others.length > 0 ? "and its mirrors" : ""}`.trim();
  const isMissing = tried.every(({ reason }) => MISSING.test(reason));
  return new BuildError({
    code: "FETCH_FAILED",
    message: `${about?.title ?? url} cannot be fetched`,
    facts: Object.fromEntries(facts),
    hint:
      about !== undefined && isMissing
        ? about.ifMissing
        : "check the address and the network; with a proxy, see the page of this error",
    ...(cause !== undefined && { cause }),
  });
}

/** A file has no digest to be known by. */
export function fetchUnpinned(url: string, sha256: string, sizeBytes: number): BuildError {
  return new BuildError({
    code: "FETCH_UNPINNED",
    message: `\`${url}\` is not pinned by a digest`,
    facts: { [url]: `sha256 ${sha256}, ${sizeBytes} bytes` },
    hint: `if that is what you expect, pin it: \`{ sha256: "${sha256}" }\``,
  });
}

/** Several files have none. */
export function fetchesUnpinned(errors: readonly BuildError[]): BuildError {
  return new BuildError({
    code: "FETCH_UNPINNED",
    message: `${errors.length} fetched files are not pinned by a digest`,
    facts: Object.assign({}, ...errors.map(({ facts }) => facts)) as BuildError["facts"],
    hint: 'if that is what you expect, pin each of them: `{ sha256: "…" }`',
  });
}

/** What was fetched is something else than what was asked for. */
export function fetchWrongDigest(
  url: string,
  expected: string,
  found: string,
  about?: About,
): BuildError {
  return new BuildError({
    code: "FETCH_WRONG_DIGEST",
    message: `${about?.title ?? `\`${url}\``} has another content than it should`,
    facts: {
      ...(about && { from: url }),
      expected: `sha256 ${expected}`,
      found: `sha256 ${found}`,
    },
    hint: "find out why it has changed before you pin the new digest; nothing of it was kept",
  });
}
