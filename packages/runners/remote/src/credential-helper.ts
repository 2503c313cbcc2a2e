/**
 * Credential helpers: programs that know how to get in.
 *
 *     helper get  ◀── stdin   {"uri": "grpcs://cache.example:443/main"}
 *                 ──▶ stdout  {"headers": {"authorization": ["Bearer …"]}, "expires": "2026-11-21T10:00:00Z"}
 *
 * The protocol is the one that Bazel, buildbox and others share, so the programs are the same. What a helper gives is asked for again
 * when it has expired, or was refused, and is in no message: of a helper that fails, only its exit code and what it tells people is shown, without
 * anything that looks like a token.
 *
 * @module
 */
import { execFile } from "node:child_process";

import { invalidOption, systemClock, untilAborted, type Clock } from "@ashlar/core";

import { credentialHelperFailed } from "./errors.ts";
import type { HeaderSource } from "./reapi/connection-options.ts";

/** How a helper is asked. */
export interface CredentialHelperOptions {
  /** Given to the program before `get`. @defaultValue none */
  readonly args?: readonly string[];
  /** How long it may take, in milliseconds. @defaultValue 10,000 */
  readonly timeoutMs?: number;
  /** How long headers are used for which it does not say when they expire, in milliseconds. @defaultValue half an hour */
  readonly keepMs?: number;
  /** Time, which tells what has expired. @defaultValue the machine's */
  readonly clock?: Pick<Clock, "now">;
}

/** What a helper gave, and until when that is used. */
interface Given {
  readonly headers: Readonly<Record<string, string>>;
  readonly until: number;
}

/** What it may print at most, in bytes. */
const maxBytes = 2 ** 20;

/**
 * Asks a program for headers, once for each address until they expire, or are refused. For the option `headerSource`.
 *
 * @param program - Its path, or its name on `PATH`.
 * @throws {@link BuildError} `INVALID_OPTION`. When it is asked, `REMOTE_CREDENTIALS`.
 * @example
 * ```ts
 * const cache = remoteCache("grpcs://cache.example", { headerSource: credentialHelper("example-login") });
 * ```
 */
export function credentialHelper(
  program: string,
  options: CredentialHelperOptions = {},
): HeaderSource {
  if (typeof program !== "string" || program === "") {
    throw invalidOption("program", "missing", "the path of a program, or its name on `PATH`");
  }
  const { clock = systemClock, keepMs = 30 * 60_000 } = options;
  const kept = new Map<string, Given>();
  const asking = new Map<string, Promise<Given>>();
  const ask = async (address: string): Promise<Given> => {
    const answer = await run(program, address, options);
    const given = read(program, address, answer, clock.now() + keepMs);
    kept.set(address, given);
    return given;
  };
  return async (address, signal, refused) => {
    // Who was refused what others have got anew meanwhile is given that.
    if (refused !== undefined && kept.get(address)?.headers === refused) kept.delete(address);
    const known = kept.get(address);
    if (known !== undefined && clock.now() < known.until) return known.headers;
    let asked = asking.get(address);
    if (asked === undefined) {
      // For all who wait for it, so none of them can end it.
      asked = ask(address).finally(() => asking.delete(address));
      asked.catch(() => {});
      asking.set(address, asked);
    }
    return (await untilAborted(asked, signal)).headers;
  };
}

/** Runs it, and resolves with what it printed. */
async function run(
  program: string,
  address: string,
  { args = [], timeoutMs = 10_000 }: CredentialHelperOptions,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: maxBytes } as const;
    const child = execFile(program, [...args, "get"], limits, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const { code, killed } = error as { readonly code?: unknown; readonly killed?: boolean };
      const reason =
        killed === true && code === null
          ? `it did not answer within ${timeoutMs / 1000} s`
          : typeof code === "number"
            ? `it ended with exit code ${code}`
            : `it cannot be run: ${String(code)}`;
      reject(credentialHelperFailed(program, address, reason, harmless(stderr)));
    });
    // It may end, or answer, without having read.
    child.stdin?.on("error", () => {});
    child.stdin?.end(JSON.stringify({ uri: address }));
  });
}

/** What it gave. @throws {@link BuildError} `REMOTE_CREDENTIALS`, which shows nothing of it. */
function read(program: string, address: string, text: string, usually: number): Given {
  const unfit = (reason: string): Error => credentialHelperFailed(program, address, reason);
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw unfit("what it printed is no JSON");
  }
  if (typeof answer !== "object" || answer === null) throw unfit("what it printed is no object");
  const { headers = {}, expires } = answer as { headers?: unknown; expires?: unknown };
  if (typeof headers !== "object" || headers === null) throw unfit("its `headers` are no object");
  const given: Record<string, string> = {};
  for (const [name, values] of Object.entries(headers) as [string, unknown][]) {
    const isList = Array.isArray(values) && values.every((each) => typeof each === "string");
    if (!isList) throw unfit(`its header ${JSON.stringify(name)} is no list of texts`);
    if (values.length > 0) given[name] = values.join(",");
  }
  const said = typeof expires === "string" ? Date.parse(expires) : Number.NaN;
  const until = expires === undefined ? usually : said;
  if (Number.isNaN(until)) throw unfit("its `expires` is no time");
  return { headers: given, until };
}

/** The last of what it told people, without what may be a token. */
function harmless(text: string): string | undefined {
  const lines = text.trim().split("\n").slice(-3).join("\n");
  const concealed = lines.replaceAll(/[\w.+=~-]{20,}/g, "***").slice(0, 500);
  return concealed === "" ? undefined : concealed;
}
