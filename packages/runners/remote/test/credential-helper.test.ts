/**
 * Credential helpers: programs that are asked as the protocol says, as seldom as it says, and shown in no message.
 *
 * @module
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BuildError, renderError } from "@ashlar/core";
import { expect, onTestFinished, test } from "vitest";

import { credentialHelper } from "../src/credential-helper.ts";

const { signal } = new AbortController();
const address = "grpcs://cache.example:443/main";

/** A helper in a folder of its own, which notes each time that it is run. */
class Helper {
  readonly path: string;
  readonly #folder: string;

  constructor(script: string) {
    this.#folder = fs.mkdtempSync(join(tmpdir(), "ashlar-helper-"));
    onTestFinished(() => fs.rmSync(this.#folder, { recursive: true, force: true }));
    this.path = join(this.#folder, "helper");
    const text = `#!/bin/sh\necho "$@" >> ${this.#folder}/runs\n${script}\n`;
    fs.writeFileSync(this.path, text, { mode: 0o755 });
  }

  get runs(): string[] {
    return fs.readFileSync(join(this.#folder, "runs"), "utf8").trim().split("\n");
  }
}

test("is asked for an address, and gives headers", async () => {
  const helper = new Helper(
    `read -r line; uri=$(echo "$line" | sed 's/.*"uri":"\\([^"]*\\)".*/\\1/')
     printf '{"headers":{"Authorization":["Bearer token-of-%s"],"x-two":["a","b"],"x-none":[]},"more":1}' "$uri"`,
  );
  const headers = await credentialHelper(helper.path, { args: ["--quiet"] })(address, signal);
  expect(headers).toEqual({ Authorization: `Bearer token-of-${address}`, "x-two": "a,b" });
  expect(helper.runs).toEqual(["--quiet get"]);
});

test("is asked once for an address, until what it gave has expired", async () => {
  const helper = new Helper(`printf '{"headers":{"t":["1"]},"expires":"2026-01-01T00:00:10Z"}'`);
  let now = Date.parse("2026-01-01T00:00:00Z");
  const source = credentialHelper(helper.path, { clock: { now: () => now } });
  await Promise.all([source(address, signal), source(address, signal)]);
  now += 9999;
  await source(address, signal);
  expect(helper.runs).toHaveLength(1);
  now += 1;
  await source(address, signal);
  expect(helper.runs).toHaveLength(2);
  await source("grpcs://other.example:443", signal);
  expect(helper.runs).toHaveLength(3);
});

test("is asked again for what was refused, once for all who were given that", async () => {
  const helper = new Helper(`printf '{"headers":{"t":["%s"]}}' $$`);
  const source = credentialHelper(helper.path);
  const first = await source(address, signal);
  const [second, third] = await Promise.all([
    source(address, signal, first),
    source(address, signal, first),
  ]);
  expect([second, second["t"] === first["t"]]).toEqual([third, false]);
  expect(await source(address, signal, first)).toBe(second);
  expect(await source(address, signal)).toBe(second);
  expect(helper.runs).toHaveLength(2);
});

test("who does not say when they expire is asked again after a while", async () => {
  const helper = new Helper(`printf '{}'`);
  let now = 0;
  const source = credentialHelper(helper.path, { keepMs: 1000, clock: { now: () => now } });
  expect(await source(address, signal)).toEqual({});
  now = 999;
  await source(address, signal);
  now = 1000;
  await source(address, signal);
  expect(helper.runs).toHaveLength(2);
});

test.each([
  ["exit 3", "it ended with exit code 3"],
  ["echo nothing", "what it printed is no JSON"],
  ["echo 7", "what it printed is no object"],
  [`echo '{"headers":[]}' | tr -d '[]' | sed 's/:/:3/'`, "its `headers` are no object"],
  [`echo '{"headers":{"a":"b"}}'`, 'its header "a" is no list of texts'],
  [`echo '{"expires":"soon"}'`, "its `expires` is no time"],
])("says what is wrong with `%s`", async (script, reason) => {
  const helper = new Helper(script);
  const error: unknown = await credentialHelper(helper.path)(address, signal).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "REMOTE_CREDENTIALS", facts: { reason } });
});

test("one that is not there, and one that hangs, are told apart", async () => {
  const absent = credentialHelper("/nowhere/helper")(address, signal);
  await expect(absent).rejects.toMatchObject({ facts: { reason: "it cannot be run: ENOENT" } });
  const helper = new Helper("exec sleep 60");
  const slow = credentialHelper(helper.path, { timeoutMs: 50 })(address, signal);
  const reason = "it did not answer within 0.05 s";
  await expect(slow).rejects.toMatchObject({ facts: { reason } });
});

test("a failure is forgotten, so that it can be tried again", async () => {
  const flag = join(fs.mkdtempSync(join(tmpdir(), "ashlar-helper-")), "in");
  onTestFinished(() => fs.rmSync(join(flag, ".."), { recursive: true, force: true }));
  const helper = new Helper(`test -e ${flag} && echo '{}'`);
  const source = credentialHelper(helper.path);
  await expect(source(address, signal)).rejects.toBeInstanceOf(BuildError);
  fs.writeFileSync(flag, "");
  expect(await source(address, signal)).toEqual({});
});

test("nothing that it prints is shown, but what it tells people", async () => {
  const token = "ya29.A0ARrdaM-0123456789abcdef";
  const helper = new Helper(
    `echo '{"headers":{"authorization":["Bearer ${token}"]}'; echo "log in again (${token})" >&2; exit 1`,
  );
  const error: unknown = await credentialHelper(helper.path)(address, signal).catch(
    (thrown: unknown) => thrown,
  );
  const said = renderError(error as BuildError).replace(helper.path, "helper");
  expect(said).toContain("log in again (***)");
  expect(said).not.toContain(token);
  expect(JSON.stringify(error)).not.toContain(token);
});

test("who no longer waits does not end it for others", async () => {
  const helper = new Helper("sleep 0.05; echo '{}'");
  const source = credentialHelper(helper.path);
  const controller = new AbortController();
  const left = source(address, controller.signal);
  const stayed = source(address, signal);
  controller.abort(new Error("no longer wanted"));
  await expect(left).rejects.toThrow("no longer wanted");
  expect(await stayed).toEqual({});
  expect(helper.runs).toHaveLength(1);
});
