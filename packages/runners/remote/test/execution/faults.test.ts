/**
 * What may go wrong with remote execution, on a service in memory. That it goes right is shown on real ones.
 *
 * @module
 */
import { all, out, sh, stage, systemClock, text, type BuildEvent, type File } from "@ashlar/core";
import type { ExecuteCall, Executed } from "@ashlar/runner-remote/testing";
import { describe, expect, test } from "vitest";

import { hasty, Rig, write, writes } from "./rig.ts";

const codes = ({ errors }: { errors: readonly { readonly code: string }[] }): string[] =>
  errors.map(({ code }) => code);

test("an action is looked up, its inputs are uploaded, and then it is executed", async () => {
  await using rig = await Rig.start();
  const written = write();
  const report = await rig.build(written);
  expect(codes(report)).toEqual([]);
  expect(rig.calls).toEqual([
    ...["getCapabilities", "getActionResult", "batchUpdateBlobs", "execute", "batchReadBlobs"],
  ]);
  expect(await report.text(written)).toBe("content");
});

test("inputs are asked for once, and the messages of an action are sent without a question", async () => {
  await using rig = await Rig.start();
  const copy = stage("copy", ({ file }: { file: File }, n: number) => {
    return sh({ env: { N: n } })`copy ${file} ${out.file("text")}`;
  });
  const file = text("shared by both").as("file");
  const counts = (): number[] =>
    (["findMissingBlobs", "batchUpdateBlobs", "execute"] as const).map((each) =>
      rig.server.count(each),
    );
  expect(codes(await rig.build(copy({ file }, 1)))).toEqual([]);
  expect(counts()).toEqual([1, 2, 1]);
  expect(codes(await rig.build(copy({ file }, 2)))).toEqual([]);
  expect(counts()).toEqual([1, 3, 2]);
});

describe("a stream that breaks", () => {
  /** A command that goes on until the service was asked for it so often. */
  const lasting = async (times: number): Promise<Rig> => {
    const rig = await Rig.start({
      execute: async ({ content }) => {
        while (rig.server.count("waitExecution") < times) await new Promise(setImmediate);
        return writes(content, "content");
      },
    });
    return rig;
  };

  test("is taken up by the name of the operation, and nothing is executed twice", async () => {
    await using rig = await lasting(3);
    rig.server.fail({ method: "execute", times: 1, afterBytes: 0, status: "UNAVAILABLE" });
    rig.server.fail({ method: "waitExecution", times: 2, status: "INTERNAL" });
    expect(codes(await rig.build())).toEqual([]);
    expect([rig.executed, rig.server.count("waitExecution")]).toEqual([1, 3]);
  });

  test("is begun again when the service has forgotten the operation", async () => {
    await using rig = await lasting(1);
    rig.server.fail({ method: "execute", times: 1, afterBytes: 0, status: "UNAVAILABLE" });
    rig.server.fail({ method: "waitExecution", times: 1, status: "NOT_FOUND" });
    expect(codes(await rig.build())).toEqual([]);
    expect([rig.server.count("waitExecution"), rig.server.count("execute")]).toEqual([1, 2]);
  });

  test("and is forgotten each time is an error after some tries: the action may be what ends the service", async () => {
    await using rig = await Rig.start({ execute: async () => await new Promise(() => {}) });
    rig.server.fail({ method: "execute", afterBytes: 0, status: "UNAVAILABLE" });
    rig.server.fail({ method: "waitExecution", status: "NOT_FOUND" });
    const report = await rig.build();
    expect(codes(report)).toEqual(["REMOTE_EXECUTION"]);
    expect(report.errors[0]?.facts["it said"]).toContain("forgotten it 5 times");
    expect(rig.server.count("execute")).toBe(5);
  });

  test("is begun again when there was no operation yet", async () => {
    await using rig = await Rig.start();
    rig.server.fail({ method: "execute", times: 3, status: "UNAVAILABLE" });
    expect(codes(await rig.build())).toEqual([]);
    expect([rig.executed, rig.server.count("execute")]).toEqual([1, 4]);
  });

  test("is given up after some tries, and the service is said not to answer", async () => {
    await using rig = await Rig.start();
    rig.server.fail({ method: "execute", status: "UNAVAILABLE", message: "gone fishing" });
    const report = await rig.build();
    expect(codes(report)).toEqual(["REMOTE_UNAVAILABLE"]);
    expect(report.errors[0]?.facts["reason"]).toContain("gone fishing");
    expect(rig.server.count("execute")).toBe(9);
  });

  test("is not begun again for a command with side effects that may have run", async () => {
    await using rig = await Rig.start();
    rig.server.fail({ method: "execute", status: "UNAVAILABLE" });
    const effect = stage("effect", () => sh({ sideEffects: true })`effect`);
    const report = await rig.build(effect() as never);
    expect(codes(report)).toEqual(["REMOTE_EXECUTION"]);
    expect(report.errors[0]?.message).toContain("nobody can say");
    expect(rig.server.count("execute")).toBe(1);
    expect(rig.server.count("getActionResult")).toBe(0);
  });
});

describe("a service that is dead", () => {
  const other = (n: number): ReturnType<typeof write> =>
    stage("other", () => sh`write ${n} ${out.file("text")}`)();

  test("is left alone for a while by other commands, which fail as the first, and is then asked again", async () => {
    await using rig = await Rig.start();
    let passedMs = 0;
    const clock = { ...hasty, now: () => hasty.now() + passedMs };
    rig.server.fail({ status: "UNAVAILABLE", message: "gone fishing" });
    const [first] = (await rig.build(write(), { clock })).errors;
    const asked = rig.server.calls.length;
    const { errors } = await rig.build(all({ one: other(1), two: other(2) }) as never, {
      ...{ clock, keepGoing: true },
    });
    expect(errors.map(({ code }) => code)).toEqual(Array(2).fill("REMOTE_UNAVAILABLE"));
    expect(errors[0]?.message).toBe(first?.message);
    expect(errors[0]?.facts).toEqual(first?.facts);
    expect(rig.server.calls.length).toBe(asked);
    rig.server.heal();
    passedMs = 10_000;
    expect(codes(await rig.build(other(3), { clock }))).toEqual([]);
  });

  test("is not one that breaks the streams of one command and answers others", async () => {
    await using rig = await Rig.start();
    rig.server.fail({ method: "execute", times: 9, status: "UNAVAILABLE" });
    expect(codes(await rig.build())).toEqual(["REMOTE_UNAVAILABLE"]);
    expect(codes(await rig.build(other(1)))).toEqual([]);
  });
});

describe("inputs that are missing there", () => {
  for (const missingInputs of ["precondition", "status"] as const) {
    test(`are uploaded again, where the service says so by a ${missingInputs}`, async () => {
      await using rig = await Rig.start({ behaviour: { missingInputs } });
      const copy = stage("copy", ({ file }: { file: File }, n: number) => {
        return sh({ env: { N: n } })`copy ${file} ${out.file("text")}`;
      });
      const file = text("shared by both").as("file");
      expect(codes(await rig.build(copy({ file }, 1)))).toEqual([]);
      // It drops all that it had, which a client that trusts it for a minute does not know.
      rig.server.content.clear();
      expect(codes(await rig.build(copy({ file }, 2)))).toEqual([]);
      expect(rig.server.count("execute")).toBe(3);
    });

    test(`that stay so are an error, where the service says so by a ${missingInputs}`, async () => {
      const lost = { status: "NOT_FOUND", message: "", violations: [] } as const;
      const missing = { type: "MISSING", subject: "blobs/x/1", description: "" };
      const execute = (): Executed =>
        missingInputs === "status"
          ? { status: lost }
          : { status: { status: "FAILED_PRECONDITION", message: "", violations: [missing] } };
      await using rig = await Rig.start({ execute });
      expect(codes(await rig.build())).toEqual(["REMOTE_EXECUTION"]);
      expect(rig.executed).toBeLessThanOrEqual(2);
    });
  }
});

test("another condition that does not hold is no missing input: nothing is repeated", async () => {
  const violations = [
    { type: "MISSING", subject: "blobs/x/1", description: "" },
    { type: "QUOTA", subject: "team", description: "" },
  ];
  const status = { status: "FAILED_PRECONDITION", message: "no", violations } as const;
  await using rig = await Rig.start({ execute: () => ({ status }) });
  expect(codes(await rig.build())).toEqual(["REMOTE_EXECUTION"]);
  expect(rig.executed).toBe(1);
});

test("what fails on its way is sent and fetched again", async () => {
  await using rig = await Rig.start();
  for (const method of ["findMissingBlobs", "batchUpdateBlobs", "batchReadBlobs"] as const) {
    rig.server.fail({ method, times: 1, status: "UNAVAILABLE" });
  }
  expect(codes(await rig.build())).toEqual([]);
  expect(rig.executed).toBe(1);
});

describe("results that cannot be used", () => {
  test("an earlier failure is executed again, past the cache of the service", async () => {
    let isBroken = true;
    await using rig = await Rig.start({
      execute: ({ content }) => writes(content, "content", { exitCode: isBroken ? 1 : 0 }),
    });
    expect(codes(await rig.build())).toEqual(["STAGE_FAILED"]);
    isBroken = false;
    expect(codes(await rig.build())).toEqual([]);
    expect(rig.executed).toBe(2);
  });

  test("an earlier success is taken, with its log, and nothing is executed", async () => {
    await using rig = await Rig.start();
    await rig.build();
    rig.store.actions.put = async () => {};
    await using other = await Rig.start({}, { endpoint: rig.server.address });
    const report = await other.build();
    expect(codes(report)).toEqual([]);
    expect(rig.executed).toBe(1);
    expect(await report.log(report.stages[0]!)).toBe("wrote content\n");
    expect(report.stages[0]?.durationMs).toBe(2000);
  });

  test("one of somebody whom our demands do not trust is executed again, past the cache of the service", async () => {
    let worker = "local/declared";
    await using rig = await Rig.start({
      execute: ({ content }) => writes(content, "content", { worker }),
    });
    await rig.build();
    worker = "";
    const vouched = { endpoint: rig.server.address, hermeticity: "container" } as const;
    for (const [demands, executed] of [
      ["declared", 1],
      ["container", 2],
    ] as const) {
      await using other = await Rig.start({}, { ...vouched, demands });
      expect(codes(await other.build())).toEqual([]);
      expect(rig.executed).toBe(executed);
    }
  });

  test.each([
    ["goes back", 9000, 3000, 0],
    ["is years ahead", 9e12, 9e12 + 2000, 2000],
    ["says nothing", 0, 0, 0],
  ])("one of a machine whose clock %s is taken", async (_, startedAt, finishedAt, durationMs) => {
    await using rig = await Rig.start({
      execute: ({ content }) => writes(content, "content", { startedAt, finishedAt }),
    });
    const report = await rig.build();
    expect(codes(report)).toEqual([]);
    expect(report.stages[0]?.durationMs).toBe(durationMs);
  });

  test("one whose blobs are lost is executed again, past the cache of the service", async () => {
    await using rig = await Rig.start();
    await rig.build();
    for (const digest of rig.server.content.blobs.keys()) {
      if (digest.endsWith("/7")) rig.server.content.blobs.delete(digest);
    }
    await using other = await Rig.start({}, { endpoint: rig.server.address });
    expect(codes(await other.build())).toEqual([]);
    expect(rig.executed).toBe(2);
  });

  test("one without a declared output is an error that names it", async () => {
    const execute = ({ content }: ExecuteCall): Executed => {
      const { result } = writes(content, "", { exitCode: 1 });
      // Field 4 of the message is the exit code, which is one byte.
      const at = result!.indexOf(0x20);
      return { result: Buffer.concat([result!.subarray(0, at), result!.subarray(at + 2)]) };
    };
    await using rig = await Rig.start({ execute });
    const report = await rig.build();
    expect(codes(report)).toEqual(["OUTPUT_MISSING"]);
    expect(report.errors[0]?.message).toContain("out/text");
    expect(report.errors[0]?.facts["produced"]).toBe(undefined);
  });

  test("an earlier one with other bytes than it says is executed again, past the cache of the service", async () => {
    let made = "content";
    await using rig = await Rig.start({ execute: ({ content }) => writes(content, made) });
    await rig.build();
    for (const digest of rig.server.content.blobs.keys()) {
      if (digest.endsWith("/7")) rig.server.behaviour.wrongBytes.add(digest);
    }
    made = "another";
    await using other = await Rig.start({}, { endpoint: rig.server.address });
    const written = write();
    const report = await other.build(written);
    expect(codes(report)).toEqual([]);
    expect(await report.text(written)).toBe("another");
    expect(rig.executed).toBe(2);
  });

  test("a large one that breaks off again and again is taken up as long as it comes further", async () => {
    const made = "0123456789abcdef".repeat(70_000);
    await using rig = await Rig.start({
      behaviour: { pieceBytes: 65_536 },
      execute: ({ content }) => writes(content, made),
    });
    rig.server.fail({ method: "read", times: 12, afterBytes: 65_536, status: "UNAVAILABLE" });
    const written = write();
    const report = await rig.build(written);
    expect(codes(report)).toEqual([]);
    expect(await report.text(written)).toBe(made);
    expect(rig.executed).toBe(1);
    expect(rig.server.count("read")).toBeGreaterThan(12);
  });

  test("other bytes than those of the digest are refused", async () => {
    await using rig = await Rig.start({
      execute: ({ content }) => {
        const done = writes(content, "content");
        for (const digest of content.blobs.keys()) {
          if (digest.endsWith("/7")) rig.server.behaviour.wrongBytes.add(digest);
        }
        return done;
      },
    });
    const report = await rig.build();
    expect(codes(report)).toEqual(["REMOTE_UNFIT"]);
    expect(report.errors[0]?.facts["reason"]).toContain("other bytes");
  });
});

describe("what a service says of an execution", () => {
  const said = [
    ["DEADLINE_EXCEEDED", "too slow", "STAGE_TIMED_OUT"],
    ["FAILED_PRECONDITION", "No workers exist for platform", "RUNNER_UNABLE"],
    ["PERMISSION_DENIED", "not you", "REMOTE_REFUSED"],
    ["INVALID_ARGUMENT", "Unable to execute [write]: Permission denied", "COMMAND_NOT_FOUND"],
    [
      "INVALID_ARGUMENT",
      'Failed to run command: Cannot find executable "write" in search paths "/usr/bin:/bin"',
      "COMMAND_NOT_FOUND",
    ],
    ["INTERNAL", "it broke", "REMOTE_EXECUTION"],
  ] as const;
  for (const [status, message, code] of said) {
    test(`${status} becomes ${code}`, async () => {
      const execute = (): Executed => ({ status: { status, message, violations: [] } });
      await using rig = await Rig.start({ execute });
      expect(codes(await rig.build())).toEqual([code]);
      expect(rig.executed).toBe(1);
    });
  }

  test("an operation that has failed is the same as a response that says so", async () => {
    let nth = 0;
    const failed = (status: "ABORTED" | "PERMISSION_DENIED"): Executed => {
      return { error: { status, message: "not now", violations: [] } };
    };
    await using rig = await Rig.start({
      execute: ({ content }) => (nth++ < 2 ? failed("ABORTED") : writes(content, "content")),
    });
    expect(codes(await rig.build())).toEqual([]);
    expect(rig.executed).toBe(3);
    await using other = await Rig.start({ execute: () => failed("PERMISSION_DENIED") });
    expect(codes(await other.build())).toEqual(["REMOTE_REFUSED"]);
  });

  for (const [what, end] of [
    ["a response without a result", {}],
    ["no response at all", { isUnanswered: true }],
  ] as const) {
    test(`an operation that is done with ${what} is an error of the service`, async () => {
      await using rig = await Rig.start({ execute: () => end });
      const { errors } = await rig.build();
      expect(errors.map(({ code }) => code)).toEqual(["REMOTE_EXECUTION"]);
      expect(errors[0]?.facts["it said"]).toContain("has no result");
    });
  }

  test("a service that is full is asked again, and when it wants that", async () => {
    let nth = 0;
    const full = {
      status: "RESOURCE_EXHAUSTED",
      message: "",
      violations: [],
      retryAfterMs: 5,
    } as const;
    await using rig = await Rig.start({
      execute: ({ content }) => (nth++ < 2 ? { status: full } : writes(content, "content")),
    });
    expect(codes(await rig.build())).toEqual([]);
    expect(rig.executed).toBe(3);
  });

  const phases = (events: readonly BuildEvent[]): string[] =>
    events.flatMap((event) => (event.type === "stage-progressed" ? event.phase : []));

  for (const tellsStages of [true, false]) {
    test(`its stages become events${tellsStages ? "" : ", as far as it tells any"}`, async () => {
      await using rig = await Rig.start({ behaviour: { tellsStages } });
      await rig.build();
      expect(phases(rig.events)).toEqual(["uploading", "queued", "executing", "downloading"]);
    });
  }
});

describe("services that are no use", () => {
  const unfit = [
    ["executes nothing", { execEnabled: false }, "REMOTE_UNFIT"],
    ["has other digests", { digestFunctions: [2] }, "REMOTE_UNFIT"],
    ["has another instance", { instance: "main" }, "REMOTE_INSTANCE"],
  ] as const;
  for (const [what, behaviour, code] of unfit) {
    test(`one that ${what} is an error before anything is uploaded`, async () => {
      await using rig = await Rig.start({ behaviour });
      expect(codes(await rig.build())).toEqual([code]);
      expect(rig.calls).toEqual(["getCapabilities"]);
    });
  }

  test("one that does not say what it can is believed to be good", async () => {
    await using rig = await Rig.start({ behaviour: { hasCapabilities: false } });
    expect(codes(await rig.build())).toEqual([]);
  });
});

test("a cancelled build has the service end what it executes", async () => {
  let isCancelled = false;
  const stop = new AbortController();
  await using rig = await Rig.start({
    execute: async ({ signal }) =>
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          isCancelled = true;
          reject(signal.reason as Error);
        });
        stop.abort(new Error("enough"));
      }),
  });
  const report = await rig.build(write(), { signal: stop.signal, clock: systemClock });
  expect(report.outcome).toBe("cancelled");
  expect(isCancelled).toBe(true);
  expect(rig.server.count("cancelOperation")).toBe(1);
});
