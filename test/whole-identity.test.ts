/**
 * Whole identity: all that a tree is reaches the key, and nothing else.
 *
 * @module
 */
import { cpSync, mkdirSync, renameSync, utimesSync } from "node:fs";
import { join } from "node:path";

import { source } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

/** A rig whose only stage sees the whole project, and has seen it once. */
async function seenOnce(): Promise<
  { rig: BuildRig; again: () => Promise<readonly string[]> } & AsyncDisposable
> {
  const rig = await BuildRig.create();
  rig.write({ "src/a.txt": "one", "src/b.txt": "two", "src/run.sh": "#!/bin/sh", "src/sub/c": "" });
  rig.link("src/link", "a.txt");
  const [listing, list] = rig.stage("list", { src: source("src") }, "listing");
  list.always({ listing: "paths" });
  expect(await rig.build(listing)).toMatchObject({ ran: ["list"] });
  expect(await rig.build(listing)).toMatchObject({ reused: ["list"] });
  return {
    rig,
    again: async () => (await rig.build(listing)).ran,
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
}

describe("counts:", () => {
  const edits: Readonly<Record<string, (rig: BuildRig) => void>> = {
    "two files that swap their contents": (rig) =>
      rig.write({ "src/a.txt": "two", "src/b.txt": "one" }),
    "a file that gets another name": (rig) =>
      renameSync(join(rig.project, "src/a.txt"), join(rig.project, "src/z.txt")),
    "a file that becomes executable": (rig) => rig.chmod("src/run.sh", 0o755),
    "a link that leads elsewhere": (rig) => rig.link("src/link", "b.txt"),
    "a link that becomes a file of the same content": (rig) => {
      rig.remove("src/link");
      rig.write({ "src/link": "one" });
    },
    "an empty directory": (rig) => rig.write({ "src/empty/": "" }),
    "a file that moves into a directory": (rig) =>
      renameSync(join(rig.project, "src/a.txt"), join(rig.project, "src/sub/a.txt")),
    "an empty file": (rig) => rig.write({ "src/nothing": "" }),
    "a file whose bytes change and whose size does not": (rig) => rig.write({ "src/a.txt": "ONE" }),
  };
  test.each(Object.entries(edits))("%s", async (_, edit) => {
    await using project = await seenOnce();
    const { rig, again } = project;
    edit(rig);
    expect(await again()).toEqual(["list"]);
    expect(await again()).toEqual([]);
  });
});

describe("does not count:", () => {
  const edits: Readonly<Record<string, (rig: BuildRig) => void>> = {
    "the time of the last change": (rig) => utimesSync(join(rig.project, "src/a.txt"), 1, 1),
    "who else may read": (rig) => rig.chmod("src/a.txt", 0o600),
    "what lies beside the source": (rig) => rig.write({ "notes.txt": "new" }),
    "an edit that is taken back": (rig) => {
      rig.write({ "src/a.txt": "two" });
      rig.write({ "src/a.txt": "one" });
    },
  };
  test.each(Object.entries(edits))("%s", async (_, edit) => {
    await using project = await seenOnce();
    const { rig, again } = project;
    edit(rig);
    expect(await again()).toEqual([]);
  });
});

test("the same project elsewhere shares every hit", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a.txt": "one", "lib/b.txt": "two" });

  // src ──▶ compile ──▶ o ─┐
  // lib ───────────────────┴▶ link ──▶ app
  const [o, compile] = rig.stage("compile", { src: source("src") }, "o");
  const [app, link] = rig.stage("link", { o, lib: source("lib") }, "app");
  compile.always({ o: "object" });
  link.always({ app: "application" });
  await rig.build(app);

  const elsewhere = join(rig.folder, "some where/else");
  mkdirSync(elsewhere, { recursive: true });
  cpSync(rig.project, elsewhere, { recursive: true });
  const report = await rig.build(app, { cwd: elsewhere });
  expect(report).toMatchObject({ ran: [], reused: ["compile", "link"] });
});

test("absolute sources share hits, too", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "one/src/a.txt": "a", "two/other/a.txt": "a" });
  for (const [at, folder] of ["one/src", "two/other"].entries()) {
    const src = source(join(rig.project, folder));
    const [made, make] = rig.stage("make", { src }, "made");
    make.always({ made: "bytes" });
    expect((await rig.build(made)).ran).toEqual(at === 0 ? ["make"] : []);
  }
});
