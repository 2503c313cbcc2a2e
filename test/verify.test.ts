/**
 * Verifying: commands that do not give the same again are found, and the place where they differ.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  MemoryStore,
  out,
  sh,
  stage,
  verify,
  type BuildEvent,
  type File,
  type VerificationOptions,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner, type MockResult } from "@ashlar/runner-mock";
import { describe, expect, onTestFinished, test } from "vitest";

const make = stage("make", () => sh`make ${out.file("app")} ${out.tree("docs")}`);
const pack = stage("pack", ({ app }: { app: File }) => sh`pack ${app} ${out.file("archive")}`);

/** A pipeline whose first stage gives what `run` says, run by run; the second one follows from it. */
function flakyBuild(...runs: readonly (MockResult["outputs"] | "fail")[]) {
  const mock = mockRunner();
  let run = 0;
  mock.on(make, () => {
    const outputs = runs[run++]!;
    return outputs === "fail" ? { exitCode: 1 } : { outputs };
  });
  mock.on(pack, async (call) => ({ outputs: { archive: `packed ${await call.text("in/app")}` } }));
  const made = make();
  const packed = pack({ app: made.app });
  const options: VerificationOptions = { runner: mock, store: new MemoryStore(), slots: 1 };
  return { packed, made, options, count: () => run };
}

const docs = { "a.html": "a", "b/c.html": "c" };

test("what gives the same again is the same", async () => {
  const { packed, options } = flakyBuild({ app: "1", docs }, { app: "1", docs });
  const events: BuildEvent[] = [];
  const verification = await verify(packed, {
    ...options,
    onEvent: (event) => events.push(event),
  });
  expect(verification.ok).toBe(true);
  expect(String(verification)).toMatchInlineSnapshot(`
    "make  same
    pack  same"
  `);
  expect(verification.report.ran).toEqual(["make", "pack"]);
  expect(events.filter(({ type }) => type === "stage-verified")).toMatchObject([
    { name: "make", isSame: true },
    { name: "pack", isSame: true },
  ]);
});

describe("what does not is found, with the place", () => {
  test.each([
    ["content", { app: "same until here: 1", docs }, { app: "same until here: 2", docs }],
    ["content in a tree", { app: "1", docs }, { app: "1", docs: { ...docs, "b/c.html": "cc" } }],
    ["extra", { app: "1", docs }, { app: "1", docs: { ...docs, "b/d.html": "" } }],
    ["missing", { app: "1", docs }, { app: "1", docs: { "a.html": "a" } }],
    ["kind", { app: "1", docs }, { app: "1", docs: { "a.html/": "", "b/c.html": "c" } }],
  ] as const)("%s", async (name, first, second) => {
    const { packed, options } = flakyBuild(first, second);
    const verification = await verify(packed, options);
    expect(verification.ok).toBe(false);
    const [{ differences } = { differences: [] }] = verification.stages;
    expect(differences).toHaveLength(1);
    expect(String(verification).replace(/ +/g, " ")).toBe(
      `make different\n ${
        {
          content: "app: differs from byte 17 on",
          "content in a tree": "docs/b/c.html: differs from byte 1 on",
          extra: "docs/b/d.html: only the second run wrote it",
          missing: "docs/b: only the first run wrote it",
          kind: "docs/a.html: it is another kind of entry",
        }[name]
      }\npack same`,
    );
  });

  test("a second run that fails", async () => {
    const { packed, options } = flakyBuild({ app: "1", docs }, "fail");
    const verification = await verify(packed, options);
    expect(verification).toMatchObject({
      ok: false,
      stages: [{ outcome: "failed", error: { code: "STAGE_FAILED" } }, { outcome: "same" }],
    });
  });
});

test("results stay the first ones, and what was reused is run once more as well", async () => {
  const { packed, options, count } = flakyBuild({ app: "1", docs }, { app: "2", docs }, "fail");
  const first = await verify(packed, options);
  expect(await first.report.text(packed)).toBe("packed 1");
  const again = await verify(packed, options);
  expect(again.report).toMatchObject({ ran: [], reused: ["make", "pack"] });
  expect(again.stages.map(({ outcome }) => outcome)).toEqual(["failed", "same"]);
  expect(count()).toBe(3);
});

test("only what was asked for is run once more; effects never are", async () => {
  const { packed, options, count } = flakyBuild({ app: "1", docs });
  const some = await verify(packed, { ...options, stages: ["pack"] });
  expect(some.stages.map(({ name }) => name)).toEqual(["pack"]);
  expect(count()).toBe(1);
  await expect(verify(packed, { ...options, stages: ["pac"] })).rejects.toMatchObject({
    code: "INVALID_OPTION",
    hint: expect.stringContaining("`pack`"),
  });

  const mock = mockRunner();
  const deploy = stage("deploy", () => sh({ sideEffects: true })`deploy`);
  let deployments = 0;
  mock.on(deploy, () => {
    deployments++;
    return {};
  });
  const verification = await verify(deploy(), { runner: mock, store: new MemoryStore() });
  expect(String(verification)).toBe("deploy  left out: it has side effects");
  expect([verification.ok, deployments]).toEqual([true, 1]);
});

test("the second run takes place elsewhere", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-verify-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await using runner = localRunner({ scratch: folder, sandbox: "none" });
  await using elsewhere = localRunner({ scratch: join(folder, "elsewhere"), sandbox: "none" });
  const place = stage("place", () => sh`sh -c ${'pwd > "$1"'} place ${out.file("where")}`);
  const clock = stage("clock", () => sh`sh -c ${'echo always > "$1"'} clock ${out.file("when")}`);
  const options = { runner, elsewhere, store: join(folder, "store"), cwd: folder };
  const verification = await verify([place(), clock()], options);
  expect(Object.fromEntries(verification.stages.map((s) => [s.name, s.outcome]))).toEqual({
    place: "different",
    clock: "same",
  });
  await expect(verify(place(), { ...options, elsewhere: mockRunner() })).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
});
