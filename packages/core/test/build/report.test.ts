/**
 * Reports: what became of a build, and the way to what it made.
 *
 * @module
 */
import * as fs from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { source } from "../../src/artifact/source.ts";
import { build, tryBuild } from "../../src/build/build.ts";
import type { Report } from "../../src/build/report.ts";
import { digestBytes } from "../../src/digest/digest.ts";
import { all, seq } from "../../src/graph/group.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { readFolder, temporary, writeFolder } from "../store/trees.ts";
import { echoRunner } from "./players.ts";

const src = source("src");
const app = stage("app", () => sh`app ${src} ${out.file("app")}`)();
const dist = stage("dist", () => sh`dist ${out.tree("dist")}`)();
const blocked: unknown = expect.objectContaining({ code: "EXPORT_BLOCKED" });

async function built(): Promise<{ report: Report; cwd: string }> {
  const cwd = temporary();
  writeFolder(cwd, { src: { "a.txt": "a", sub: { b: { exec: "b" } } } });
  const runner = echoRunner();
  const report = await build(all({ app, dist }), { runner, store: new MemoryStore(), cwd });
  return { report, cwd };
}

test("what was made can be read", async () => {
  const { report } = await built();
  expect(await report.text(app)).toBe("app in/src out/app");
  expect(await report.bytes(app)).toEqual(Buffer.from("app in/src out/app"));
  expect(await report.digest(app)).toBe(digestBytes(Buffer.from("app in/src out/app")));
  expect(await report.list(dist)).toEqual(["argv"]);
  expect(await report.text(dist.file("argv"))).toBe("dist out/dist");
  expect(await report.list(dist.dir("sub"))).toEqual([]);
  expect(await report.list(src)).toEqual(["a.txt", "sub/b"]);
  expect(await report.text(src.file("a.txt"))).toBe("a");
  expect(await report.list(src.without("a.*").as("x"))).toEqual(["sub/b"]);
});

test("what was not made is ARTIFACT_NOT_BUILT", async () => {
  const { report, cwd } = await built();
  const other = stage("other", () => sh`x ${out.file("x")}`)();
  const error: unknown = expect.objectContaining({ code: "ARTIFACT_NOT_BUILT" });
  await expect(report.text(other)).rejects.toEqual(error);
  await expect(report.digest(source("elsewhere"))).rejects.toEqual(error);
  await expect(report.export(other, join(cwd, "x"))).rejects.toEqual(error);
  await expect(report.text(dist.file("missing"))).rejects.toMatchObject({ code: "VIEW_MISSING" });
});

test("what is no artifact is NOT_A_HANDLE", async () => {
  const { report } = await built();
  for (const value of [undefined, "app", all({ app }), Promise.resolve(app)]) {
    await expect(report.digest(value as never)).rejects.toMatchObject({ code: "NOT_A_HANDLE" });
  }
});

test("stages stand in the order of their ends, with what is known of them", async () => {
  const fail = stage("fail", () => sh`fail`)();
  const late = stage("late", () => sh`late`)();
  const runner = echoRunner();
  const options = { runner, store: new MemoryStore(), cwd: temporary(), keepGoing: true };
  const report = await tryBuild(seq({ dist, fail, late }), options);
  expect(report.stages.map(({ name, outcome }) => [name, outcome])).toEqual([
    ["dist", "ran"],
    ["fail", "failed"],
    ["late", "skipped"],
  ]);
  const [ran, failed, skipped] = report.stages;
  expect(ran).toMatchObject({ durationMs: 3, ranAt: 5, ranBy: "echo/mock", error: undefined });
  expect(ran?.key).toMatch(/^[0-9a-f]{64}\/\d+$/);
  expect(failed).toMatchObject({ durationMs: 3, error: { code: "STAGE_FAILED" } });
  expect(failed?.key).toMatch(/^[0-9a-f]{64}\/\d+$/);
  expect(skipped).toMatchObject({ key: undefined, ranAt: undefined, durationMs: 0 });
  expect(skipped?.reason).toContain("`fail`");
  expect(await report.log(ran!)).toBe("");
});

test("a report can be compared, printed and copied by a test library", async () => {
  const { report } = await built();
  expect(report).toMatchObject({ ok: true, ran: ["app", "dist"], reused: [] });
  expect(() => expect(report).toMatchObject({ ran: ["nothing"] })).toThrow("nothing");
  expect(Object.entries(report)).toContainEqual(["ran", ["app", "dist"]]);
});

describe("export", () => {
  test("writes files and trees where it is told to", async () => {
    const { report, cwd } = await built();
    await report.export(app, "out/bin/app");
    await report.export(dist, "out/dist");
    await report.export(src.file("sub/b"), join(cwd, "out/b"));
    expect(readFolder(join(cwd, "out"))).toEqual({
      bin: { app: "app in/src out/app" },
      dist: { argv: "dist out/dist", sub: { empty: {} } },
      b: { exec: "b" },
    });
  });

  test("does not replace what nobody wants replaced", async () => {
    const { report, cwd } = await built();
    const before = readFolder(cwd);
    for (const artifact of [app, dist]) {
      for (const path of ["/", ".", "", "..", cwd, "src", "./src/", homedir(), "src/.."]) {
        await expect(report.export(artifact, path), path).rejects.toEqual(blocked);
      }
    }
    expect(readFolder(cwd)).toEqual(before);
  });

  test("does not replace a directory by a file", async () => {
    const { report, cwd } = await built();
    writeFolder(cwd, { dist: { precious: "work" } });
    await expect(report.export(app, "dist")).rejects.toEqual(blocked);
    expect(readFolder(join(cwd, "dist"))).toEqual({ precious: "work" });
  });

  test("may write into a source, and beside one", async () => {
    const { report, cwd } = await built();
    await report.export(dist, "src/generated");
    await report.export(dist, "src2");
    expect(fs.existsSync(join(cwd, "src/generated/argv"))).toBe(true);
    expect(fs.readFileSync(join(cwd, "src/a.txt"), "utf8")).toBe("a");
  });
});
