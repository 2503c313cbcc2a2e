/**
 * Trust in remote caches: what is not believed is run again, and a service that does not let us in holds nobody up.
 *
 * Machines are stores in memory and share a cache in memory, so that a test can look at, and forge, what lies there.
 */
import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  build,
  decodeActionResult,
  encodeActionResult,
  MemoryStore,
  out,
  sh,
  stage,
  text,
  type ActionResult,
  type File,
  type Hermeticity,
  type Report,
  type Runner,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import {
  credentialHelper,
  remoteCache,
  signed,
  withRemote,
  type RemoteCache,
} from "@ashlar/runner-remote";
import { ReapiServer } from "@ashlar/runner-remote/testing";
import { expect, onTestFinished, test } from "vitest";

import { MemoryCache } from "../packages/runners/remote/test/memory-cache.ts";

const copy = stage("copy", (from: File) => sh`cp ${from} ${out.file("copied")}`);
const upper = stage("upper", (from: File) => sh`cp ${from} ${out.file("uppered")}`);
const target = upper(copy(text("content")));

/** The local runner, which says of itself what a test wants it to say. */
function claiming(hermeticity: Hermeticity, demands?: Hermeticity): Runner {
  const runner = localRunner({ sandbox: "none" });
  onTestFinished(async () => await runner[Symbol.asyncDispose]());
  const { name, platform, abilities } = runner;
  return {
    ...{ name, platform, abilities: abilities ?? [], hermeticity, demands },
    identify: runner.identify!.bind(runner),
    run: async (action, context) => await runner.run(action, context),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Builds on a machine that has nothing but the cache. */
async function buildWith(cache: RemoteCache, runner = claiming("sandbox")): Promise<Report> {
  const store = withRemote(new MemoryStore(), cache, { write: true });
  const cwd = fs.mkdtempSync(join(tmpdir(), "ashlar-trust-"));
  onTestFinished(() => fs.rmSync(cwd, { recursive: true, force: true }));
  const report = await build(target, { runner, store, cwd });
  await store[Symbol.asyncDispose]();
  return report;
}

const ci = generateKeyPairSync("ed25519");
const signing = { keyId: "ci", key: ci.privateKey };
const trusted = { ci: ci.publicKey };

/** Changes every result that lies in a cache. */
function forge(cache: MemoryCache, change: (result: ActionResult) => ActionResult): void {
  for (const [key, message] of cache.results) {
    cache.results.set(key, encodeActionResult(change(decodeActionResult(message))));
  }
}

test("a release believes what CI has signed, and says by whom it was made", async () => {
  const cache = new MemoryCache();
  const made = await buildWith(signed(cache, { signing, trusted }));
  expect([made.ran, made.remoteCache?.sentResults]).toEqual([["copy", "upper"], 2]);
  const release = await buildWith(signed(cache, { trusted }));
  expect([release.ran, release.reused]).toEqual([[], ["copy", "upper"]]);
  expect(release.stages.map(({ ranBy }) => ranBy)).toEqual(["local/sandbox", "local/sandbox"]);
  expect(release.remoteCache?.remarks).toEqual([]);
});

test("what a pull request has put there is run again, and the summary says so", async () => {
  const cache = new MemoryCache();
  await buildWith(cache);
  const evil = Buffer.from("evil");
  cache.blobs.clear();
  const { blobs } = cache;
  forge(cache, (result) => ({
    ...result,
    files: result.files.map((file) => {
      const digest = `${"e".repeat(64)}/4` as typeof file.digest;
      blobs.set(digest, evil);
      return { ...file, digest };
    }),
  }));
  const release = await buildWith(signed(cache, { trusted }));
  expect(release.ran).toEqual(["copy", "upper"]);
  expect(await release.text(target)).toBe("content");
  expect(release.remoteCache).toMatchObject({
    ...{ hits: 0, misses: 2, failures: 0, sentResults: 0 },
    remarks: [
      "2 results were not sent: nothing is taken from us",
      "2 results were not believed: it is not signed",
    ],
  });
});

test("a signed result that was changed is run again, and signed anew in its place", async () => {
  const cache = new MemoryCache();
  await buildWith(signed(cache, { signing, trusted }));
  forge(cache, (result) => ({ ...result, worker: "local/container" }));
  const again = await buildWith(signed(cache, { signing, trusted }));
  expect(again.ran).toEqual(["copy", "upper"]);
  expect(again.remoteCache?.remarks).toEqual([
    "2 results were not believed: its signature is wrong",
  ]);
  expect((await buildWith(signed(cache, { trusted }))).ran).toEqual([]);
});

test.each([
  ["without a sandbox", "local/declared"],
  ["by a foreign service, with a name of its own", "buildbox-worker/7"],
  ["by one whose name looks like our words", "cluster/sandbox/7"],
])(
  "where a sandbox is demanded, a result from elsewhere that was made %s is none",
  async (_, by) => {
    const cache = new MemoryCache();
    await buildWith(cache);
    forge(cache, (result) => ({ ...result, worker: by }));

    const lax = await buildWith(cache, claiming("declared"));
    expect([lax.ran, lax.stages.map(({ ranBy }) => ranBy)]).toEqual([[], [by, by]]);

    const strict = await buildWith(cache, claiming("sandbox", "sandbox"));
    expect(strict.ran).toEqual(["copy", "upper"]);
    expect(strict.stages.map(({ ranBy }) => ranBy)).toEqual(["local/sandbox", "local/sandbox"]);
    // What was made with more care takes its place, for everybody.
    const next = await buildWith(cache, claiming("sandbox", "sandbox"));
    expect([next.ran, next.reused]).toEqual([[], ["copy", "upper"]]);
  },
);

test("a credential helper that fails is told of once, and the build goes on without the cache", async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), "ashlar-trust-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const helper = join(folder, "helper");
  fs.writeFileSync(helper, "#!/bin/sh\necho 'log in first' >&2\nexit 1\n", { mode: 0o755 });
  await using server = await ReapiServer.start();
  const { address } = server;
  const report = await buildWith(remoteCache(address, { headerSource: credentialHelper(helper) }));
  expect(report.ran).toEqual(["copy", "upper"]);
  expect(report.remoteCache).toMatchObject({ failures: 1, isGivenUp: true });
  expect(report.remoteCache?.error).toMatchObject({ code: "REMOTE_CREDENTIALS" });
  expect(report.remoteCache?.error?.text).toContain("log in first");
});

test("what a helper gives gets us in", async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), "ashlar-trust-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const helper = join(folder, "helper");
  const answer = JSON.stringify({ headers: { Authorization: ["Bearer of-the-helper"] } });
  fs.writeFileSync(helper, `#!/bin/sh\nprintf '%s' '${answer}'\n`, { mode: 0o755 });
  await using server = await ReapiServer.start();
  const { address } = server;
  const report = await buildWith(remoteCache(address, { headerSource: credentialHelper(helper) }));
  expect(report.remoteCache).toMatchObject({ failures: 0, sentResults: 2 });
  const seen = server.calls.map(({ headers }) => headers["authorization"]);
  expect(new Set(seen)).toEqual(new Set(["Bearer of-the-helper"]));
});
