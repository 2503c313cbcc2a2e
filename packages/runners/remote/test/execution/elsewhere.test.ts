/**
 * Who runs what a service does not execute: a fallback, or a rival in a race.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

import {
  cache,
  foldReport,
  out,
  secret,
  sh,
  stage,
  text,
  tool,
  volatile,
  type Execution,
  type RunContext,
  type Runner,
} from "@ashlar/core";
import type { Executed } from "@ashlar/runner-remote/testing";
import { describe, expect, onTestFinished, test } from "vitest";

import { remoteRunner } from "../../src/index.ts";
import { Calls } from "../../src/reapi/calls.ts";
import { connect } from "../../src/reapi/connect.ts";
import { askService } from "../../src/reapi/service.ts";
import { Rig, write, writes } from "./rig.ts";

/** A runner of this machine, which does what a test says, and counts. */
class Near implements Runner {
  readonly name = "near";
  readonly platform = [{ name: "OSFamily", value: "linux" }];
  readonly hermeticity = "sandbox";
  readonly abilities = ["caches", "secrets"] as const;
  runs = 0;
  aborted = 0;
  readonly #meanwhile: (context: RunContext) => Promise<void>;

  constructor(meanwhile: (context: RunContext) => Promise<void> = async () => {}) {
    this.#meanwhile = meanwhile;
  }

  async run(_: unknown, context: RunContext): Promise<Execution> {
    this.runs++;
    context.signal.addEventListener("abort", () => this.aborted++);
    await this.#meanwhile(context);
    const { content } = context;
    context.onLog("stdout", Buffer.from("near\n"));
    const digest = await content.write(Buffer.from("near"));
    const stdout = await content.write(Buffer.from("near\n"));
    const stderr = await content.write(Buffer.of());
    const outputs = new Map([["out/text", { kind: "file", digest, isExecutable: false }]]);
    const about = { exitCode: 0, endedBy: undefined, written: [], startedAt: 1, finishedAt: 2 };
    return { ...about, outputs: outputs as unknown as Execution["outputs"], stdout, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const codes = ({ errors }: { errors: readonly { readonly code: string }[] }): string[] =>
  errors.map(({ code }) => code);

describe("a fallback", () => {
  test("runs when the service does not answer, and results name it", async () => {
    const near = new Near();
    await using rig = await Rig.start({}, { fallback: near });
    rig.server.fail({ status: "UNAVAILABLE" });
    const written = write();
    const report = await rig.build(written);
    expect(codes(report)).toEqual([]);
    expect(await report.text(written)).toBe("near");
    expect(report.stages[0]?.ranBy).toBe("near/sandbox");
    const asked = rig.server.calls.length;
    await rig.build(stage("other", () => sh`write other ${out.file("text")}`)());
    expect([near.runs, rig.server.calls.length - asked]).toEqual([2, 0]);
    // Who follows the build is told why, also of the one for which the service was not asked any more.
    const { stages } = foldReport(rig.events);
    const told = rig.events.flatMap((event) => (event.type === "stage-settled" ? event : []));
    expect(told.map(({ fellBack }) => fellBack?.code)).toEqual(Array(2).fill("REMOTE_UNAVAILABLE"));
    expect(stages[0]?.fellBack?.message).toContain("does not answer");
    // A result that is reused was run by whoever it was, and nothing fell back in this build.
    rig.events.length = 0;
    await rig.build(written);
    expect(foldReport(rig.events).stages).toMatchObject([{ state: "reused", fellBack: undefined }]);
  });

  test("is told of where its command fails, and not where the service has run it", async () => {
    const near = new Near();
    const broken: Runner = {
      ...{ name: "near", platform: near.platform, hermeticity: "sandbox" },
      run: async (action, context) => ({ ...(await near.run(action, context)), exitCode: 1 }),
      [Symbol.asyncDispose]: async () => {},
    };
    await using there = await Rig.start({}, { fallback: broken });
    await there.build();
    expect(foldReport(there.events).stages).toMatchObject([{ state: "ran", fellBack: undefined }]);
    await using rig = await Rig.start({}, { fallback: broken });
    rig.server.fail({ status: "UNAVAILABLE" });
    expect(codes(await rig.build())).toEqual(["STAGE_FAILED"]);
    expect(foldReport(rig.events).stages[0]?.fellBack?.code).toBe("REMOTE_UNAVAILABLE");
  });

  const unable = {
    "a value that is in no key": () =>
      sh({ env: { NOW: volatile("now") } })`write ${out.file("text")}`,
    "a cache": () => sh({ root: { c: cache("things") } })`write ${out.file("text")}`,
    "a platform that no worker has": () => sh`write ${out.file("text")}`,
  };
  for (const [what, body] of Object.entries(unable)) {
    const execute = (): Executed => ({
      status: { status: "FAILED_PRECONDITION", message: "No workers exist", violations: [] },
    });

    test(`runs what wants ${what}`, async () => {
      const near = new Near();
      await using rig = await Rig.start({ execute }, { fallback: near });
      expect(codes(await rig.build(stage("odd", body)()))).toEqual([]);
      expect(near.runs).toBe(1);
    });

    test(`is what is missing for what wants ${what}`, async () => {
      await using rig = await Rig.start({ execute });
      const report = await rig.build(stage("odd", body)());
      expect(codes(report)).toEqual(["RUNNER_UNABLE"]);
      expect(report.errors[0]?.hint).toMatch(/`fallback`|`platform`/);
    });
  }

  test("is named where it is missing for a secret, or a tool of the inputs", async () => {
    await using rig = await Rig.start();
    const env = { TOKEN: secret("TOKEN", { from: () => "of-mine" }) };
    const hidden = await rig.build(stage("hide", () => sh({ env })`write ${out.file("text")}`)());
    expect(hidden.errors.map(({ code, hint }) => [code, hint])).toEqual([
      ["RUNNER_UNABLE", expect.stringContaining("`fallback`")],
    ]);
    const gen = text("#!/bin/sh\n", { executable: true });
    const tools = [tool.from(gen, { name: "gen" })];
    const made = await rig.build(stage("make", () => sh({ tools })`gen ${out.file("text")}`)());
    expect(made.errors[0]?.message).toContain("`gen`, a tool of its inputs");
    expect(made.errors[0]?.hint).toMatch(/as a hole.*`fallback`/);
    expect(rig.executed).toBe(0);
  });

  test("is named where it is missing for a service that does not answer", async () => {
    await using rig = await Rig.start();
    rig.server.fail({ status: "UNAVAILABLE" });
    const [error] = (await rig.build()).errors;
    expect([error?.code, error?.hint]).toEqual([
      "REMOTE_UNAVAILABLE",
      expect.stringContaining("a `fallback` would run its commands here"),
    ]);
  });

  test("is told of a service that takes connections and says nothing in plain words", async () => {
    const hole = createServer().listen(0, "127.0.0.1");
    await once(hole, "listening");
    onTestFinished(() => void hole.close());
    const { port } = hole.address() as AddressInfo;
    const calls = new Calls(connect(`grpc://127.0.0.1:${port}`), { timeoutMs: 50 });
    const { signal } = new AbortController();
    const error: unknown = await askService(calls, "execution", signal).catch(
      (thrown: unknown) => thrown,
    );
    // How long we have waited, however late the library began to count.
    expect(error).toMatchObject({
      code: "REMOTE_UNAVAILABLE",
      facts: { reason: "no answer within 0.05 s" },
    });
  });

  test("runs nothing that it is not for", async () => {
    const near = new Near();
    await using rig = await Rig.start({}, { fallback: near, fallbackFor: ["unable"] });
    rig.server.fail({ status: "UNAVAILABLE" });
    expect(codes(await rig.build())).toEqual(["REMOTE_UNAVAILABLE"]);
    expect(near.runs).toBe(0);
  });

  test("runs no command that has failed, or that we may not have executed", async () => {
    const near = new Near();
    await using failing = await Rig.start(
      { execute: ({ content }) => writes(content, "", { exitCode: 3 }) },
      { fallback: near },
    );
    expect(codes(await failing.build())).toEqual(["STAGE_FAILED"]);
    await using refusing = await Rig.start({}, { fallback: near });
    refusing.server.fail({ method: "execute", status: "PERMISSION_DENIED" });
    expect(codes(await refusing.build())).toEqual(["REMOTE_REFUSED"]);
    expect(near.runs).toBe(0);
  });

  test("must be of the platform of the service", () => {
    const make = (): unknown =>
      remoteRunner({
        endpoint: "grpc://127.0.0.1:1",
        platform: { OSFamily: "macos" },
        fallback: new Near(),
      });
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});

describe("a race", () => {
  const never = async ({ signal }: { signal: AbortSignal }): Promise<never> =>
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });

  test("is won here when the service is slow, which ends what it executes", async () => {
    let isEnded = false;
    const near = new Near(async () => {
      while (rig.executed === 0) await new Promise(setImmediate);
    });
    const execute = async (call: { signal: AbortSignal }): Promise<never> => {
      try {
        return await never(call);
      } finally {
        isEnded = true;
      }
    };
    await using rig = await Rig.start({ execute }, { race: near });
    const { systemClock } = await import("@ashlar/core");
    const report = await rig.build(write(), { clock: systemClock });
    expect(codes(report)).toEqual([]);
    expect(report.stages[0]?.ranBy).toBe("near/sandbox");
    expect(await report.log(report.stages[0]!)).toBe("near\n");
    expect(isEnded).toBe(true);
  });

  test("is won by the service when we are slow, and the log is its own", async () => {
    const near = new Near(never);
    await using rig = await Rig.start({}, { race: near });
    const report = await rig.build();
    expect(codes(report)).toEqual([]);
    expect(report.stages[0]?.ranBy).toBe("remote/declared");
    const heard = rig.events.flatMap((event) => (event.type === "stage-output" ? event.text : []));
    expect(heard).toEqual(["wrote content\n"]);
    expect(near.aborted).toBe(1);
  });

  test("is not lost by a failure as long as the other one runs", async () => {
    const near = new Near(async () => {
      // The last that is asked for of a failure is its log.
      while (rig.server.count("batchReadBlobs") === 0) await new Promise(setImmediate);
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    });
    await using rig = await Rig.start(
      { execute: ({ content }) => writes(content, "", { exitCode: 1 }) },
      { race: near },
    );
    expect(codes(await rig.build())).toEqual([]);
  });

  test("is not run with a command that has side effects", async () => {
    const near = new Near();
    await using rig = await Rig.start({}, { race: near });
    const effect = stage("effect", () => sh({ sideEffects: true })`effect ${out.file("text")}`);
    expect(codes(await rig.build(effect()))).toEqual([]);
    expect([near.runs, rig.executed]).toEqual([0, 1]);
  });
});

describe("images", () => {
  const digest = `sha256:${"0".repeat(64)}`;

  test("are a property of the platform, if they are pinned", async () => {
    const { signal } = new AbortController();
    await using runner = remoteRunner({ endpoint: "grpc://127.0.0.1:1" });
    const inIt = await runner.inImage?.(`registry.test/debian@${digest}`, signal);
    expect(inIt?.platform).toEqual([
      { name: "ISA", value: "x86-64" },
      { name: "OSFamily", value: "linux" },
      { name: "container-image", value: `docker://registry.test/debian@${digest}` },
    ]);
    await expect(runner.inImage?.("debian:12", signal)).rejects.toMatchObject({
      code: "REMOTE_IMAGE",
    });
  });
});
