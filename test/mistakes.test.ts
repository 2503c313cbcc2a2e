/**
 * Mistakes that types would have found: the error names them, as all others.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  build,
  DiskStore,
  dynamic,
  fn,
  json,
  merge,
  out,
  plan,
  sh,
  source,
  stage,
  text,
  tryBuild,
  validate,
  verify,
  type BuildEvent,
  type Json,
  type Tree,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

const invalid = expect.objectContaining({ code: "INVALID_OPTION" });

const files = source("src");

/** What JavaScript lets through. */
const any = (value: unknown): never => value as never;

test.each([
  ["`dynamic` without inputs", () => dynamic("d", any(undefined), () => any(1))],
  ["`dynamic` without a body", () => dynamic("d", {}, any(undefined))],
  ["`fn` without options", () => fn(any(undefined))],
  ["`fn.opaque` without options", () => fn.opaque("x", any(undefined))],
  ["`fn.module` of a number", () => fn.module(any(5), "run")],
  ["`source` of nothing", () => source(any(undefined))],
  ["`include` that is one glob", () => source("src", { include: any("*.c") })],
  ["`exclude` that is one glob", () => source("src", { exclude: any("*.c") })],
  ["`text` of a number", () => text(any(5))],
  ["`DiskStore` of nothing", () => new DiskStore(any(undefined))],
] as const)("%s is told", (_, mistake) => {
  expect(mistake).toThrow(invalid);
});

test("a build, a plan or a verification without options is told", async () => {
  const target = text("x");
  for (const verb of [build, tryBuild, plan, verify]) {
    await expect(verb(target, any(undefined))).rejects.toThrow(invalid);
  }
});

test("data that holds itself is told with its place", () => {
  const list: unknown[] = [1];
  list.push({ list });
  expect(() => json(any(list))).toThrow(
    expect.objectContaining({ code: "NOT_JSON", message: expect.stringContaining("[1].list") }),
  );
  const twice = { a: 1 };
  expect(() => json([twice, twice] satisfies Json)).not.toThrow();
});

test("a store that is named relatively stays where it was", () => {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "ashlar-test-"));
  try {
    process.chdir(folder);
    const store = new DiskStore("store");
    process.chdir(before);
    expect(store.directory.endsWith(join(folder, "store"))).toBe(true);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
});

test("a process whose directory is gone is told to name one", async () => {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "ashlar-test-"));
  await using rig = await BuildRig.create();
  try {
    process.chdir(folder);
    rmSync(folder, { recursive: true });
    await expect(rig.build(text("x"), { cwd: any(undefined) })).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", facts: expect.anything() }),
    );
  } finally {
    process.chdir(before);
  }
});

test.each([
  ["a file that is not there", "VIEW_MISSING", () => files.file("no")],
  ["a file of what was made", "VIEW_MISSING", (made: Tree) => made.file("no")],
  ["a glob without meaning", "INVALID_GLOB", () => files.pick("[z-a]")],
  ["a merge of what differs", "PATH_CONFLICT", () => merge({ a: text("1"), "a/b": text("2") })],
] as const)("a target that cannot be made is a failure: %s", async (_, code, targetOf) => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a" });
  const made = stage("make", () => sh`make ${out.tree("out")}`)();
  const target = targetOf(made);
  const events: BuildEvent[] = [];
  const options = {
    runner: mockRunner({ onUnmatched: "succeed-empty" }),
    store: rig.store,
    cwd: rig.project,
    onEvent: (event: BuildEvent) => void events.push(event),
  };
  for (const targets of [target, [made, all({ in: all({ target }) }), validate(target)]]) {
    const report = await tryBuild(targets, options);
    expect(report.outcome).toBe("failed");
    expect(new Set(report.errors.map((error) => error.code))).toEqual(new Set([code]));
    expect(events.at(-1)).toMatchObject({ type: "build-settled", outcome: "failed" });
  }
  expect((await tryBuild([made, files.file("a")], options)).outcome).toBe("succeeded");
});
