/**
 * Hardships: clocks that go wrong, trees that are huge, names that nobody expects, stores that vanish.
 *
 * @module
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  build,
  DiskStore,
  out,
  sh,
  source,
  stage,
  tryBuild,
  type File,
  type Tree,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { expect, onTestFinished, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

/** A folder of its own; in memory where there is such a place, for what has many files. */
function newFolder(base: string = tmpdir()): string {
  const folder = fs.mkdtempSync(join(base, "ashlar-hard-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const inMemory = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

test("a clock that was set back hides no edit, and loses no result", async () => {
  await using rig = await BuildRig.create();
  const [copied, copy] = rig.stage("copy", { in: source.file("in.txt") }, "copied");
  copy.always(async (call) => ({ copied: await call.text("in") }));
  const day = 24 * 60 * 60 * 1000;
  const buildAt = async (ms: number): Promise<string> => {
    const clock = { now: () => ms, after: rig.clock.after.bind(rig.clock) };
    return await (await rig.build(copied, { clock })).text(copied);
  };
  const now = Date.now();
  for (const [at, text] of [
    [now, "now"],
    [now - day, "old"],
    [now + day, "new"],
    [now - 2 * day, "end"],
  ] as const) {
    rig.write({ "in.txt": text });
    // Of the same size, and as old as ever: only the content tells.
    fs.utimesSync(join(rig.project, "in.txt"), 1, 1);
    expect(await buildAt(at)).toBe(text);
    expect(await buildAt(at - 1000)).toBe(text);
  }
  expect(copy.runs).toBe(4);
});

test("50,000 files in one directory", async () => {
  const folder = newFolder(inMemory);
  const src = join(folder, "src");
  fs.mkdirSync(src);
  for (let at = 0; at < 50_000; at++) fs.writeFileSync(join(src, `file-${at}`), `${at % 100}`);
  await using runner = localRunner({ scratch: folder });
  const pick = stage("pick", ({ file }: { file: File }) => {
    return sh`cp ${file} ${out.file("picked")}`;
  });
  const { picked } = pick({ file: source("src").file("file-49999") });
  const all = source("src");
  const options = { runner, store: join(folder, "store"), cwd: folder };
  const first = await build([picked, all], options);
  expect(await first.text(picked)).toBe("99");
  expect(await first.list(all)).toHaveLength(50_000);
  fs.writeFileSync(join(src, "file-49999"), "!!");
  fs.rmSync(join(src, "file-0"));
  const second = await build([picked, all], options);
  expect(await second.text(picked)).toBe("!!");
  expect(await second.list(all)).toHaveLength(49_999);
});

test("a sparse file of more than 4 GiB", async (context) => {
  const folder = newFolder(inMemory);
  const { bavail, bsize } = fs.statfsSync(folder);
  // A place in memory may well promise more than there is.
  const free = Math.min(
    bavail * bsize,
    inMemory === tmpdir() ? Infinity : process.availableMemory(),
  );
  context.skip(free < 6 * 2 ** 30, `needs 6 GiB free in ${inMemory}`);
  const path = join(folder, "src/huge");
  const size = 2 ** 32 + 5;
  // That of zeros with "end" behind them.
  const sha256 = "f3a29b1f150967d0190bdb5d68c1ce6091d0f6f4455dac7c1b2c19adadb6520a";
  fs.mkdirSync(join(folder, "src"));
  fs.writeFileSync(path, "");
  fs.truncateSync(path, size - 3);
  fs.appendFileSync(path, "end");

  await using runner = localRunner({ scratch: folder });
  const huge = source("src").file("huge");
  const report = await build(huge, { runner, store: join(folder, "store"), cwd: folder });
  expect(await report.digest(huge)).toBe(`${sha256}/${size}`);
});

test("a tree of 300 levels", async () => {
  const folder = newFolder();
  const below = "d/".repeat(300);
  fs.mkdirSync(join(folder, "src", below), { recursive: true });
  fs.writeFileSync(join(folder, "src", below, "leaf"), "deep");
  await using runner = localRunner({ scratch: folder });
  const copy = stage("copy", ({ src }: { src: Tree }) => sh`cp -R ${src} ${out.tree("copied")}`);
  const { copied } = copy({ src: source("src") });
  const report = await build(copied, { runner, store: join(folder, "store"), cwd: folder });
  expect(await report.list(copied)).toEqual([`${below}leaf`]);
  expect(await report.text(copied.file(`${below}leaf`))).toBe("deep");
  await report.export(copied, "out");
  expect(fs.readFileSync(join(folder, "out", below, "leaf"), "utf8")).toBe("deep");
});

const names = [
  "with space",
  "line\nbreak",
  "'single' \"double\" `back`",
  "$HOME $(touch pwned) ; & | > <",
  "emoji 🧱 é ü \u0301",
  "-rf",
  "*?[a]{b,c}!",
  "\\back\\slash\\n",
  "\u001b[31mred",
  "%s%n",
  "..hidden",
  "CON",
  "x".repeat(255),
];

test("names that no one expects, in and out", async () => {
  const folder = newFolder();
  for (const [at, name] of names.entries()) {
    fs.mkdirSync(join(folder, "src", `dir ${name}`.slice(0, 200)), { recursive: true });
    fs.writeFileSync(join(folder, "src", name), `content ${at}`);
    fs.symlinkSync(name, join(folder, "src", `link to ${name}`.slice(0, 200)));
  }
  await using runner = localRunner({ scratch: folder });
  const copyAll = stage("copy all", ({ src }: { src: Tree }) => {
    return sh`cp -R -P ${src} ${out.tree("copied")}`;
  });
  const copyOne = stage("copy one", ({ file }: { file: File }) => {
    return sh`cp -- ${file} ${out.file("one")}`;
  });
  const { copied } = copyAll({ src: source("src") });
  const ones = names.map((name) => copyOne({ file: source("src").file(name) }).one);
  const options = { runner, store: join(folder, "store"), cwd: folder };
  const report = await build([copied, ...ones], options);
  expect(await report.digest(copied)).toBe(await report.digest(source("src")));
  for (const [at, one] of ones.entries()) expect(await report.text(one)).toBe(`content ${at}`);
  await report.export(copied, "out");
  const listed = (place: string): string[] =>
    fs.readdirSync(join(folder, place), { recursive: true, encoding: "utf8" }).toSorted();
  expect(listed("out")).toEqual(listed("src"));
  expect(await build([copied, ...ones], options)).toMatchObject({ ran: [] });
  expect(fs.existsSync(join(folder, "pwned"))).toBe(false);
});

test("a store that is removed during a build", async () => {
  const folder = newFolder();
  await using runner = localRunner({ scratch: folder });
  const store = join(folder, "store");
  const remove = stage("remove", () => sh`rm -rf ${store}`);
  const make = stage("make", () => sh`sh -c ${"echo made > $1"} make ${out.file("made")}`);
  const { made } = make();
  const gone = made.after(remove());
  const options = { runner, store: new DiskStore(store), cwd: folder };
  await build(made, options);
  // Whatever the first build can save of it, the next one is right.
  await tryBuild(gone, options);
  const report = await build(gone, options);
  expect(await report.text(gone)).toBe("made\n");
});

test("notes that are missing, foreign or damaged cost time, and nothing else", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a" });
  const [made, make] = rig.stage("make", { src: source("src") }, "made");
  make.always(async (call) => ({ made: await call.text("src/a") }));
  await rig.build(made);
  const notes = join(rig.folder, "store", "notes");
  const damages: Readonly<Record<string, (path: string) => void>> = {
    missing: (path) => fs.rmSync(path),
    empty: (path) => fs.writeFileSync(path, ""),
    foreign: (path) => fs.writeFileSync(path, "SQLite format 3\0".repeat(100)),
    short: (path) => fs.truncateSync(path, fs.statSync(path).size >> 1),
    flipped: (path) => {
      const bytes = fs.readFileSync(path);
      bytes[bytes.byteLength >> 1]! ^= 1;
      fs.writeFileSync(path, bytes);
    },
    "a directory": (path) => {
      fs.rmSync(path);
      fs.mkdirSync(path);
    },
  };
  for (const [how, damage] of Object.entries(damages)) {
    for (const name of fs.readdirSync(notes)) {
      fs.chmodSync(join(notes, name), 0o700);
      damage(join(notes, name));
    }
    rig.write({ "src/a": how });
    const report = await rig.build(made);
    expect(report.ran, how).toEqual(["make"]);
    expect(await report.text(made)).toBe(how);
    expect((await rig.build(made)).ran, how).toEqual([]);
  }
});
