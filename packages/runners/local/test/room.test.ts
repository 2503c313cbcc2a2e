import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join } from "node:path";

import {
  MemoryStore,
  materializeTree,
  snapshot,
  type Action,
  type RunContext,
  type Store,
} from "@ashlar/core";
import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";

import { Room } from "../src/room.ts";
import { folder, until } from "./rig.ts";

/** Files by their paths, `null` for a folder. */
type Layout = Readonly<Record<string, string | null>>;

const isLinux = process.platform === "linux";

/** A room, and a store for what is laid in it. */
class RoomBench {
  readonly store: Store = new MemoryStore();
  readonly place: string = folder();
  readonly room: Room = new Room(join(this.place, "room"));

  async lay(layout: Layout, outputs: readonly string[] = []): Promise<void> {
    const source = fs.mkdtempSync(join(this.place, "source-"));
    for (const [path, text] of Object.entries(layout)) {
      fs.mkdirSync(join(source, text === null ? path : dirname(path)), { recursive: true });
      if (text !== null) fs.writeFileSync(join(source, path), text.replace(/^!/, ""));
      if (text?.startsWith("!") === true) fs.chmodSync(join(source, path), 0o755);
    }
    const { content } = this.store;
    const inputRoot = await snapshot(content, source);
    const specs = outputs.map((path) => ({ path, kind: "file", isOptional: false }));
    const action = { inputRoot, outputs: specs, writablePaths: [] } as unknown as Action;
    await this.room.lay(action, { content, signal: new AbortController().signal } as RunContext);
    // What it has to look like, from the plain way of laying it.
    const fresh = fs.mkdtempSync(join(this.place, "fresh-"));
    await materializeTree(content, inputRoot, fresh, { mtime: 1 });
    for (const path of outputs) fs.mkdirSync(join(fresh, dirname(path)), { recursive: true });
    assert.deepStrictEqual(listing(this.at("root")), listing(fresh));
  }

  at(path: string): string {
    return join(this.room.folder, path);
  }
}

/** All that a command could see of a directory. */
function listing(root: string): unknown[] {
  const paths = fs.readdirSync(root, { recursive: true, encoding: "utf8" }).toSorted();
  return paths.map((path) => {
    const { mode, mtimeMs, nlink } = fs.lstatSync(join(root, path));
    const isFolder = (mode & fs.constants.S_IFMT) === fs.constants.S_IFDIR;
    if (isFolder) return [path, mode];
    return [path, mode, mtimeMs, nlink, fs.readFileSync(join(root, path), "utf8")];
  });
}

const layouts = fc.dictionary(
  fc.constantFrom("a", "b", "c", "d/a", "d/b", "d/e/a", "f/a", "f", "long name", "g"),
  fc.oneof(
    fc.constant(null),
    fc.string({ maxLength: 40 }),
    fc.string({ maxLength: 40 }).map((text) => `!${text}`),
  ),
  { maxKeys: 6 },
);

/** No file where there is a folder, too. */
function sound(layout: Layout): Layout {
  const paths = Object.keys(layout);
  const isFolder = (path: string): boolean => paths.some((other) => other.startsWith(`${path}/`));
  return Object.fromEntries(Object.entries(layout).filter(([path]) => !isFolder(path)));
}

test.skipIf(!isLinux)(
  "whatever lay in a room before, it holds what is laid, and only that",
  async () => {
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(layouts, { minLength: 2, maxLength: 6 }), async (all) => {
        const bench = new RoomBench();
        for (const layout of all.map(sound)) {
          const isFree = !["f", "f/a", "g"].some((path) => path in layout);
          const outputs = isFree ? ["g", "out/o"] : [];
          await bench.lay(layout, outputs);
          for (const path of outputs) fs.writeFileSync(join(bench.at("root"), path), "made");
          bench.room.trust();
          if (!bench.room.renew()) return;
          kept++;
        }
      }),
      { numRuns: 40 },
    );
    expect(kept).toBeGreaterThan(40);
  },
);

const inputs: Layout = { "in/a": "text a", "in/b": "!text b", "in/empty": null };

describe("a room", () => {
  test.skipIf(!isLinux)("is kept when a command leaves its outputs, or nothing", async () => {
    const bench = new RoomBench();
    await bench.lay(inputs, ["out/o"]);
    fs.writeFileSync(bench.at("root/out/o"), "made");
    bench.room.trust();
    expect(bench.room.renew()).toBe(true);
    await bench.lay({ "in/a": "other" }, ["out/o"]);
    bench.room.trust();
    expect(bench.room.renew()).toBe(true);
    expect(fs.existsSync(bench.at("root/out/o"))).toBe(false);
  });

  test.skipIf(!isLinux)("is renewed without making a file anew", async () => {
    const bench = new RoomBench();
    const node = (path: string): number => fs.statSync(bench.at(path)).ino;
    await bench.lay({ "in/a": "text a", "in/b": "b" });
    const [a, b] = [node("root/in/a"), node("root/in/b")];
    bench.room.trust();
    expect(bench.room.renew()).toBe(true);
    await bench.lay({ "in/a": "text a", "in/c": "a longer one" });
    expect([node("root/in/a"), node("root/in/c")]).toEqual([a, b]);
  });

  const traces: readonly (readonly [what: string, command: (at: RoomBench["at"]) => void])[] = [
    ["more bytes", (at) => rewrite(at("root/in/a"), "text ax")],
    ["other bytes", (at) => rewrite(at("root/in/a"), "TEXT A")],
    [
      "other bytes, at the old time",
      (at) => {
        rewrite(at("root/in/a"), "TEXT A");
        fs.utimesSync(at("root/in/a"), 1, 1);
      },
    ],
    ["another mode", (at) => fs.chmodSync(at("root/in/a"), 0o600)],
    ["a second name", (at) => fs.linkSync(at("root/in/a"), at("../elsewhere"))],
    ["another name", (at) => fs.renameSync(at("root/in/a"), at("root/in/c"))],
    ["a file of the same name", (at) => replace(at("root/in/a"), "text a")],
    ["no file", (at) => fs.rmSync(at("root/in/a"))],
    ["one more file", (at) => fs.writeFileSync(at("root/in/c"), "")],
    ["one more folder", (at) => fs.mkdirSync(at("root/in/c"))],
    ["a folder less", (at) => fs.rmdirSync(at("root/in/empty"))],
    ["another mode of a folder", (at) => fs.chmodSync(at("root/in"), 0o700)],
    ["a link for a folder", (at) => relink(at("root/in"), at("../moved"))],
    ["a folder for an output", (at) => fs.mkdirSync(at("root/out/o"))],
    ["a link for an output", (at) => fs.symlinkSync("/", at("root/out/o"))],
    ["something in HOME", (at) => fs.writeFileSync(at("home/x"), "")],
    ["something in TMPDIR", (at) => fs.mkdirSync(at("tmp/x"))],
    ["something beside them", (at) => fs.writeFileSync(at("x"), "")],
    ["no HOME", (at) => fs.rmdirSync(at("home"))],
    ["a link for HOME", (at) => relink(at("home"), at("../moved"))],
    ["another mode of TMPDIR", (at) => fs.chmodSync(at("tmp"), 0o777)],
    ["another tool", (at) => relink(at("bin/tool"), at("../moved"))],
    ["one more tool", (at) => fs.symlinkSync("/bin/true", at("bin/more"))],
  ];
  test.each(traces)("is given up when a command leaves %s", async (_, command) => {
    const bench = new RoomBench();
    await bench.lay(inputs, ["out/o"]);
    bench.room.link(new Map([["tool", "/bin/sh"]]), bench.room.folder);
    bench.room.trust();
    untilLater(bench.at("root/in/a"), join(bench.place, "probe"));
    command((path) => bench.at(path));
    expect(bench.room.renew()).toBe(false);
  });

  test("has the links that are wanted, and no others", async () => {
    const bench = new RoomBench();
    const seen = (): string[][] =>
      fs
        .readdirSync(bench.at("bin"))
        .map((name) => [name, fs.readlinkSync(bench.at(`bin/${name}`))]);
    for (const wanted of [{ a: "/x", b: "/y" }, { b: "/y", c: "/z" }, { b: "/other" }, {}]) {
      bench.room.link(new Map(Object.entries(wanted)), bench.room.folder);
      expect(Object.fromEntries(seen())).toEqual(wanted);
    }
  });
});

describe.skipIf(!isLinux)("a room is given up (seen in /proc, so on Linux only)", () => {
  const survivors: readonly (readonly [why: string, words: (room: string) => Survivor])[] = [
    ["that works in it", (room) => ({ script: "sleep 1000", cwd: join(room, "root") })],
    [
      "that was started for it",
      (room) => ({ script: "sleep 1000", env: { HOME: `${room}/home` } }),
    ],
    ["that holds a file of it open", (room) => ({ script: `exec sleep 1000 3< '${room}/root/a'` })],
  ];
  test.each(survivors)("as long as there is a process %s", async (_, words) => {
    const bench = new RoomBench();
    await bench.lay({ a: "text" });
    const { script, cwd = "/", env = {} } = words(bench.room.folder);
    const options = { cwd, env: { PATH: "/usr/bin:/bin", ...env }, detached: true };
    const child = spawn("/bin/sh", ["-c", script], { ...options, stdio: "ignore" });
    onTestFinished(() => void process.kill(-child.pid!, "SIGKILL"));
    await until("it has its files", () => isReady(child.pid!, script));
    expect(bench.room.renew()).toBe(false);
  });
});

/** Waits until the system dates changes later than that of a file: its clock goes in steps, of many milliseconds at times. */
function untilLater(path: string, probe: string): void {
  const { ctimeMs } = fs.lstatSync(path);
  do fs.writeFileSync(probe, "");
  while (fs.statSync(probe).ctimeMs <= ctimeMs);
}

/** Writes other bytes to a file, as one who may write to no file that is read-only. */
function rewrite(path: string, content: string): void {
  const { mode } = fs.statSync(path);
  fs.chmodSync(path, 0o644);
  fs.writeFileSync(path, content);
  fs.chmodSync(path, mode);
}

/** A process that a command left behind. */
interface Survivor {
  readonly script: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function isReady(pid: number, script: string): boolean {
  const name = fs.readFileSync(`/proc/${pid}/comm`, "latin1").trim();
  return name === (script.startsWith("exec") ? "sleep" : name);
}

function replace(path: string, text: string): void {
  const { mode } = fs.statSync(path);
  fs.rmSync(path);
  fs.writeFileSync(path, text);
  fs.chmodSync(path, mode);
  fs.utimesSync(path, 1, 1);
}

function relink(path: string, elsewhere: string): void {
  fs.renameSync(path, elsewhere);
  fs.symlinkSync(elsewhere, path);
}
