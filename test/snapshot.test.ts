/**
 * Snapshots: what a build has seen when it started is all that it sees.
 *
 * @module
 */
import { renameSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

import { all, build, DiskStore, sh, source, stage, systemClock, type Tree } from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

test("a source that is edited during the run poisons nothing", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "in.txt": "before" });
  const [copied, copy] = rig.stage("copy", { "in.txt": source.file("in.txt") }, "copied");

  // The edit comes while the command runs; the command still sees the snapshot.
  const first = rig.build(copied);
  const run = await copy.next();
  rig.write({ "in.txt": "during" });
  expect(await run.call.text("in.txt")).toBe("before");
  run.exit({ copied: "copy of before" });
  await first;

  // The edited source has a key of its own.
  const second = rig.build(copied);
  const again = await copy.next();
  expect(await again.call.text("in.txt")).toBe("during");
  again.exit({ copied: "copy of during" });
  expect(await (await second).text(copied)).toBe("copy of during");

  // The edit is taken back: the first result is the right one.
  rig.write({ "in.txt": "before" });
  const third = await rig.build(copied);
  expect(third.reused).toEqual(["copy"]);
  expect(await third.text(copied)).toBe("copy of before");
});

test("a store in a source is no part of it", async () => {
  await using rig = await BuildRig.create();
  const runner = mockRunner({ onUnmatched: "succeed-empty" });
  const use = stage("use", (src: Tree) => sh({ root: { ".": src } })`use`);
  const src = source(".", { gitignore: false, exclude: ["excluded"] });
  const run = async () => {
    const store = new DiskStore(join(rig.project, "deep/.store"));
    return await build(use(src), { runner, store, cwd: rig.project });
  };
  rig.write({ "in.txt": "before", "deep/else": "", "deep/.storeroom": "" });
  const first = await run();
  expect(await first.list(src)).toEqual(["deep/.storeroom", "deep/else", "in.txt"]);
  expect((await run()).reused).toEqual(["use"]);

  // It is not in the way of an edit, either.
  rig.write({ "in.txt": "after", "more.txt": "" });
  const third = await run();
  expect(third.ran).toEqual(["use"]);
  expect(await third.list(src)).toEqual(["deep/.storeroom", "deep/else", "in.txt", "more.txt"]);
});

test("two stages of one build see the same source, whatever happens between them", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/in.txt": "before" });
  const [early, first] = rig.stage("first", { src: source("src") }, "early");
  const [late, second] = rig.stage("second", { early, src: source("src") }, "late");

  const building = rig.build(late);
  const run = await first.next();
  rig.write({ "src/in.txt": "after", "src/new.txt": "" });
  run.exit({ early: "e" });
  const next = await second.next();
  expect(await next.call.list()).toEqual(["early", "src/in.txt"]);
  expect(await next.call.text("src/in.txt")).toBe("before");
  next.exit({ late: "l" });
  await building;
});

test("an edit is seen, however fast it comes and whatever it does to sizes and times", async () => {
  await using rig = await BuildRig.create();
  const path = join(rig.project, "src/in.txt");
  rig.write({ "src/in.txt": "0000", "src/other": "" });
  const [copied, copy] = rig.stage("copy", { src: source("src") }, "copied");
  const [single, copyFile] = rig.stage("copy-file", { f: source.file("src/in.txt") }, "single");
  copy.always(async (call) => ({ copied: await call.text("src/in.txt") }));
  copyFile.always(async (call) => ({ single: await call.text("f") }));
  // Fingerprints of files are only trusted by a clock that agrees with the disk's.
  const built = async (): Promise<string[]> => {
    const report = await rig.build(all({ copied, single }), { clock: systemClock });
    return [await report.text(copied), await report.text(single)];
  };
  const past = new Date(1_500_000_000_000);
  const edits: readonly ((text: string) => void)[] = [
    (text) => rig.write({ "src/in.txt": text }),
    (text) => {
      const { atime, mtime } = statSync(path);
      rig.write({ "src/in.txt": text });
      utimesSync(path, atime, mtime);
    },
    (text) => {
      rig.write({ "src/in.txt": text });
      utimesSync(path, past, past);
    },
    (text) => {
      rig.write({ "src/new.txt": text });
      renameSync(join(rig.project, "src/new.txt"), path);
    },
  ];
  for (let n = 1; n <= 40; n++) {
    const text = String(n).padStart(4, "0");
    edits[n % edits.length]!(text);
    expect(await built()).toEqual([text, text]);
  }
  expect(await built()).toEqual(["0040", "0040"]);
  expect([copy.runs, copyFile.runs]).toEqual([40, 40]);
});

test("what comes into a source, goes, or changes its kind is seen", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a", "src/sub/b": "b" });
  const [listing, list] = rig.stage("list", { src: source("src") }, "listing");
  list.always(async (call) => ({ listing: (await call.list()).join() }));
  const built = async (): Promise<string> =>
    await (await rig.build(listing, { clock: systemClock })).text(listing);
  expect(await built()).toBe("src/a,src/sub/b");
  rig.write({ "src/sub/c": "c" });
  expect(await built()).toBe("src/a,src/sub/b,src/sub/c");
  rig.remove("src/sub/b");
  expect(await built()).toBe("src/a,src/sub/c");
  rig.link("src/a", "sub/c");
  expect(await built()).toBe("src/a,src/sub/c");
  rig.chmod("src/sub/c", 0o755);
  expect(await built()).toBe("src/a,src/sub/c");
  rig.write({ "src/.gitignore": "a\n" });
  expect(await built()).toBe("src/.gitignore,src/sub/c");
  rig.remove("src/sub");
  expect(await built()).toBe("src/.gitignore");
  expect(list.runs).toBe(7);
});
