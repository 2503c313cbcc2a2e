/**
 * Headers that go with every call, and the keeping of their values out of messages.
 *
 * Services answer with what they were told: "invalid token `…`". So whatever a service says passes through here
 * before anybody sees it.
 *
 * @module
 */
import { invalidOption, untilAborted } from "@ashlar/core";

import type { ConnectionOptions, HeaderSource, HeaderValue } from "./connection-options.ts";
import type { Endpoint } from "./endpoint.ts";

/** Shorter values hide nothing, and would make holes in every message. */
const shortestSecret = 4;

const nameForm = /^[0-9a-z_.-]+$/;

/** The headers of one connection. */
export class CallHeaders {
  readonly #endpoint: Endpoint;
  readonly #source: ConnectionOptions["headerSource"];
  readonly #fixed: Readonly<Record<string, string>>;
  readonly #secrets = new Set<string>();
  /** What the source gave last. */
  #given: Readonly<Record<string, string>> | undefined;
  /** How often headers were got anew because they were refused, and whether those of now were taken once. */
  #edition = 0;
  #isAccepted = false;
  #renewing: Promise<unknown> | undefined;

  /** @throws {@link BuildError} `INVALID_OPTION` for what cannot be a header, or a variable that is not set. */
  constructor(endpoint: Endpoint, { token, headers = {}, headerSource }: ConnectionOptions) {
    this.#endpoint = endpoint;
    this.#source = headerSource;
    const fixed: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      fixed[checkedName(name)] = valueOf(value, `headers[${JSON.stringify(name)}]`);
    }
    if (token !== undefined) fixed["authorization"] = `Bearer ${valueOf(token, "token")}`;
    this.#fixed = fixed;
    this.#remember(fixed);
  }

  /** Those of a call that is made now. */
  async now(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    if (this.#source === undefined) return this.#fixed;
    return this.#checked(await this.#source(this.#endpoint.name, signal));
  }

  /** Which headers calls have now: a number that grows when they are got anew. */
  get edition(): number {
    return this.#edition;
  }

  /** Notes that a service has taken those of an edition. */
  accepted(edition: number): void {
    if (edition === this.#edition) this.#isAccepted = true;
  }

  /**
   * Gets headers anew, since a service has refused those of an edition. Resolves with whether there are others now: not when
   * nobody can give any, and not when they were got anew already and none of them was ever taken.
   *
   * Rejects as the source does, or with the signal's reason.
   */
  async renew(edition: number, signal: AbortSignal): Promise<boolean> {
    if (this.#source === undefined) return false;
    if (edition < this.#edition) return true;
    if (this.#renewing === undefined && edition > 0 && !this.#isAccepted) return false;
    // For all who were refused, so it does not end with the one who was first.
    this.#renewing ??= this.#renewed(this.#source).finally(() => (this.#renewing = undefined));
    await untilAborted(this.#renewing, signal);
    return true;
  }

  /** A text without the values of headers. */
  conceal(text: string): string {
    let concealed = text;
    // Longest first: a token may stand in a longer value, and be the beginning of a later one.
    const longestFirst = [...this.#secrets].toSorted((a, b) => b.length - a.length);
    for (const secret of longestFirst) concealed = concealed.replaceAll(secret, "***");
    return concealed;
  }

  async #renewed(source: HeaderSource): Promise<void> {
    const { signal } = new AbortController();
    this.#checked(await source(this.#endpoint.name, signal, this.#given ?? {}));
    this.#edition++;
    this.#isAccepted = false;
  }

  #checked(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    this.#given = given;
    const checked = Object.entries(given).map(([name, value]): [string, string] => [
      checkedName(name),
      valueOf(value, `headers[${JSON.stringify(name)}]`),
    ]);
    this.#remember(Object.fromEntries(checked));
    return { ...this.#fixed, ...Object.fromEntries(checked) };
  }

  #remember(headers: Readonly<Record<string, string>>): void {
    for (const value of Object.values(headers)) {
      // `Bearer <token>`, `Basic <word>`: the word is what must not be seen.
      for (const part of [value, ...value.split(/\s+/), ...passwordsIn(value)]) {
        if (part.length < shortestSecret || part === "Bearer" || part === "Basic") continue;
        this.#secrets.add(part);
      }
    }
  }
}

/** The password of `Basic <word>`, alone and behind its name: services repeat what they have read of it. */
function passwordsIn(value: string): string[] {
  const [, word] = /^Basic\s+(\S+)$/i.exec(value) ?? [];
  if (word === undefined) return [];
  const pair = Buffer.from(word, "base64").toString("utf8");
  return [pair, pair.slice(pair.indexOf(":") + 1)];
}

function valueOf(value: HeaderValue, option: string): string {
  const text = typeof value === "string" ? value : fromEnvironment(value.env, option);
  if (!/^[\x20-\x7e]+$/.test(text)) {
    // The value is not shown: that is what it is for.
    throw invalidOption(option, "empty, or not printable ASCII", "one line of printable ASCII");
  }
  return text.trim();
}

function fromEnvironment(variable: string, option: string): string {
  const value = process.env[variable];
  if (value !== undefined && value !== "") return value;
  const wanted = "a value, or the name of a variable that is set";
  throw invalidOption(option, `the environment variable \`${variable}\`, which is not set`, wanted);
}

function checkedName(name: string): string {
  const lower = name.toLowerCase();
  if (nameForm.test(lower) && !lower.endsWith("-bin")) return lower;
  const wanted = "names of letters, digits and `_ . -`, without `-bin` at the end";
  throw invalidOption("headers", `an object with the name ${JSON.stringify(name)}`, wanted);
}
