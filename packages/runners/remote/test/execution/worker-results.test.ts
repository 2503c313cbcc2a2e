/**
 * Results that a service's workers have left, and no client of ours has written: whose they are, and who may reuse them.
 *
 * @module
 */
import {
  digestBytes,
  emptyDigest,
  encodeActionResult,
  encodeDirectory,
  MessageWriter,
  MemoryStore,
  out,
  sh,
  stage,
  tryBuild,
  type Digest,
  type Report,
} from "@ashlar/core";
import { remoteCache, remoteRunner, withRemote } from "@ashlar/runner-remote";
import type { ExecuteCall } from "@ashlar/runner-remote/testing";
import { describe, expect, test } from "vitest";

import { takeWorkerResult } from "../../src/worker-result.ts";
import { hasty, Rig, write, writes } from "./rig.ts";

/** A service that has executed the command once, for a machine that had nothing but the runner. */
async function executedBy(worker: string): Promise<Rig> {
  const execute = ({ content }: ExecuteCall) => writes(content, "content", { worker });
  const rig = await Rig.start({ execute });
  const report = await rig.build();
  expect([report.ran, rig.executed]).toEqual([["write"], 1]);
  return rig;
}

type Hermeticities = Partial<Record<"demands" | "ofCache" | "ofRunner", "container" | "declared">>;

/** Builds on a machine that has nothing, with a store and a runner on the same service. */
async function elsewhere(
  { server }: Rig,
  { ofCache, ofRunner, demands }: Hermeticities,
): Promise<Report> {
  const endpoint = server.address;
  await using runner = remoteRunner({
    endpoint,
    ...(ofRunner && { hermeticity: ofRunner }),
    ...(demands && { demands }),
  });
  const cache = remoteCache(endpoint, ofCache ? { hermeticity: ofCache } : {});
  await using store = withRemote(new MemoryStore(), cache, { write: false });
  const written = write();
  const report = await tryBuild(written, { runner, store, clock: hasty });
  expect(await report.text(written)).toBe("content");
  expect(await report.log(report.stages[0]!)).toBe("wrote content\n");
  return report;
}

describe.each(["", "worker-7", "cluster/sandbox/7"])("a result of the worker `%s`", (worker) => {
  test("is reused, and is the service's, with the hermeticity that we vouch for", async () => {
    await using rig = await executedBy(worker);
    for (const [options, label] of [
      [{}, "remote/declared"],
      [{ ofCache: "container", ofRunner: "container" }, "remote/container"],
    ] as const) {
      const report = await elsewhere(rig, options);
      expect([report.ran, report.reused, rig.executed]).toEqual([[], ["write"], 1]);
      expect(report.stages[0]?.ranBy).toBe(label);
      expect(report.remoteCache).toMatchObject({ hits: 1, misses: 0, failures: 0 });
    }
  });

  test("is reused by who demands no more than that", async () => {
    await using rig = await executedBy(worker);
    const trusting = { ofCache: "container", ofRunner: "container", demands: "container" } as const;
    const report = await elsewhere(rig, trusting);
    expect([report.ran, report.stages[0]?.ranBy]).toEqual([[], "remote/container"]);
  });

  test("is given to the runner by a service that is vouched for there only, and not executed again", async () => {
    await using rig = await executedBy(worker);
    const report = await elsewhere(rig, { ofRunner: "container", demands: "container" });
    expect([report.stages[0]?.ranBy, rig.executed]).toEqual(["remote/container", 1]);
  });
});

test("a failure that a service keeps is nobody's result", async () => {
  const script = ({ content }: ExecuteCall) => writes(content, "", { exitCode: 3 });
  await using rig = await Rig.start({ execute: script });
  expect((await rig.build()).outcome).toBe("failed");
  const { address: endpoint } = rig.server;
  await using store = withRemote(new MemoryStore(), remoteCache(endpoint), { write: false });
  const report = await rig.build(write(), { store });
  expect([report.outcome, report.remoteCache?.hits]).toEqual(["failed", 0]);
  expect(rig.executed).toBe(2);
});

describe("of a message that a service has written,", () => {
  const base = {
    files: [],
    directories: [],
    exitCode: 0,
    stdout: emptyDigest,
    stderr: emptyDigest,
    worker: "",
    startedAt: 0,
    finishedAt: 0,
  };

  test("logs that came along are kept", async () => {
    const { content } = new MemoryStore();
    // `stdout_raw`
    const message = Buffer.concat([encodeActionResult(base), Buffer.of(0x2a, 2, 0x68, 0x69)]);
    const taken = await takeWorkerResult(message, "declared", content);
    expect((await content.read(taken?.result.stdout as Digest)).toString()).toBe("hi");
    expect(taken?.blobs).toEqual([]);
  });

  test.each([
    ["lies in it", "a", true],
    ["leads out of it", "../../etc/passwd", false],
    ["is absolute", "/etc/passwd", false],
  ])("a tree counts when its link %s", async (_, target, isTaken) => {
    const { content } = new MemoryStore();
    const digest = digestBytes(Buffer.from("a"));
    const file = { name: "a", digest, isExecutable: false };
    const root = { files: [file], directories: [], symlinks: [{ name: "l", target }] };
    const treeDigest = await content.write(
      new MessageWriter().message(1, encodeDirectory(root)).finish(),
    );
    const directories = [{ path: "out", treeDigest, rootDigest: emptyDigest }];
    const message = encodeActionResult({ ...base, directories });
    const taken = await takeWorkerResult(message, "sandbox", content);
    expect(taken !== undefined).toBe(isTaken);
    if (taken === undefined) return;
    expect(taken.blobs).toEqual([digest]);
    expect(taken.result.worker).toBe("remote/sandbox");
    const [directory] = taken.result.directories;
    expect(directory?.rootDigest).toBe(digestBytes(encodeDirectory(root)));
    expect(await content.missing([directory?.rootDigest as Digest])).toEqual([]);
  });

  test("one with an output that is a link counts for nothing", async () => {
    const { content } = new MemoryStore();
    // `output_symlinks`, with a path
    const link = Buffer.of(0x62, 3, 0x0a, 1, 0x61);
    const message = Buffer.concat([encodeActionResult(base), link]);
    expect(await takeWorkerResult(message, "declared", content)).toBe(undefined);
  });
});

test("a runner labels what it had executed with what is vouched for", async () => {
  await using rig = await Rig.start({}, { hermeticity: "container" });
  const copy = stage("copy", () => sh`write ${out.file("text")}`);
  expect((await rig.build(copy())).stages[0]?.ranBy).toBe("remote/container");
  const { server, store } = rig;
  await using picky = remoteRunner({
    endpoint: server.address,
    hermeticity: "container",
    demands: "container",
  });
  const report = await rig.build(copy(), { runner: picky, store });
  expect([report.ran, rig.executed]).toEqual([[], 1]);
});
