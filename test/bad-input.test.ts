/**
 * Bad input: whatever is wrong, the error says what, where and what to do. Nothing has changed on the
 * disk then, and no process is left. On the real local runner and a store on a disk.
 *
 * @module
 */
import { deepEqual, equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  build,
  BuildError,
  DiskStore,
  out,
  sh,
  source,
  stage,
  text,
  tool,
  type BuildOptions,
  type Check,
  type ContentStore,
  type Handle,
  type SourceOptions,
  type Store,
  type Targets,
  type Tree,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { virtualClock } from "@ashlar/runner-mock";
import { describe, expect, onTestFinished, test } from "vitest";

import { runChild, whyNotNobody } from "../packages/runners/local/test/child.ts";

const buildSource = new URL(
  "../packages/runners/local/test/children/build-source.ts",
  import.meta.url,
);

describe("an output that is declared and not written", () => {
  test("is told with what was written instead", async () => {
    const site = new Site();
    const link = stage("link", () => {
      const outputs = { app: out.file("bin/app"), map: out.file("bin/app.map") };
      return sh({ outputs })`sh -c ${"echo > bin/app.exe; echo > bin/app.map; echo > notes"}`;
    });
    const error = await site.failure(link());
    expect(error).toMatchObject({
      code: "OUTPUT_MISSING",
      message: expect.stringMatching(/`link`.*`bin\/app`$/),
      facts: {
        "declared at": expect.stringMatching(/bad-input\.test\.ts:\d+:\d+$/),
        produced: "bin/app.exe, bin/app.map, notes",
      },
      hint: expect.stringContaining("the command wrote `bin/app.exe`"),
    });
  });

  test("is told when nothing was written, too", async () => {
    const lazy = stage("lazy", () => sh`true ${out.tree("dist")}`);
    const error = await new Site().failure(lazy());
    expect(error).toMatchObject({ code: "OUTPUT_MISSING", facts: { produced: "nothing" } });
    expect(error.hint).toContain("declare");
  });
});

describe("a command that is not found", () => {
  test("is told with the tools that are declared", async () => {
    const tools = [tool.host("sh"), tool.host("cat")];
    const error = await new Site().failure(stage("show", () => sh({ tools })`catt file`)());
    expect(error).toMatchObject({
      code: "COMMAND_NOT_FOUND",
      message: expect.stringMatching(/`show`.*`catt`/),
      facts: { "declared tools": "sh, cat" },
      hint: expect.stringContaining("did you mean `cat`?"),
    });
  });

  test("is told with how to declare it", async () => {
    const error = await new Site().failure(stage("list", () => sh({ tools: [] })`ls -l`)());
    expect(error).toMatchObject({ code: "COMMAND_NOT_FOUND", facts: { "declared tools": "none" } });
    expect(error.hint).toContain('`tools: [tool.host("ls")]`');
  });

  test("inside of a script is told as a hint", async () => {
    const tools = [tool.host("sh"), tool.host("cat")];
    const inner = stage("inner", () => sh({ tools })`sh -c ${"no-such-command"}`);
    const error = await new Site().failure(inner());
    expect(error).toMatchObject({
      code: "STAGE_FAILED",
      facts: { log: expect.stringContaining("no-such-command") },
      hint: expect.stringContaining("declared tools: sh, cat"),
    });
  });

  test("is told by its path, if it has one", async () => {
    const run = stage("run", ({ tree }: { tree: Tree }) => sh`${tree}/bin/run`);
    const error = await new Site()
      .write({ "bin/run": "not executable" })
      .failure(run({ tree: source(".") }));
    expect(error.code).toBe("COMMAND_NOT_FOUND");
    expect(error.message).toContain("/bin/run`");
    expect(error.hint).toContain("path");
  });

  test("as a declared tool is told with how to get it", async () => {
    const tools = [tool.host("sh"), tool.host("no-such-tool", { hint: "install nothing" })];
    const error = await new Site().failure(stage("try", () => sh({ tools })`sh -c :`)());
    expect(error).toMatchObject({
      code: "TOOL_NOT_FOUND",
      message: expect.stringContaining("`no-such-tool`"),
      hint: "install nothing",
    });
  });
});

describe("a source", () => {
  test("whose directory is missing is told by its path", async () => {
    const site = new Site();
    const error = await site.failure(list("srk"));
    expect(error.code).toBe("SOURCE_MISSING");
    expect(error.message).toContain(`\`${site.project}/srk\``);
    expect(error.hint).toContain("`cwd`");
  });

  test("that is a file is told with what is for files", async () => {
    const error = await new Site().write({ src: "a file" }).failure(list("src"));
    expect(error.code).toBe("SOURCE_NOT_DIRECTORY");
    expect(error.hint).toContain("`source.file`");
  });

  test("that holds a file of another kind is told by its path", async () => {
    const site = new Site();
    const pipe = site.makePipe();
    const error = await site.failure(list("."));
    expect(error).toMatchObject({
      code: "SPECIAL_FILE",
      message: expect.stringContaining(`\`${pipe}\` is a named pipe`),
      hint: expect.stringContaining("`exclude`"),
    });
  });

  const forNobody = whyNotNobody === undefined ? "" : ` (not here: ${whyNotNobody})`;

  test.skipIf(forNobody !== "").each([
    ["file", "secret"],
    ["folder", "folder"],
  ])(`with a %s that may not be read is told with the reason${forNobody}`, (_, name) => {
    const site = new Site().write({ secret: "", "folder/x": "", plain: "" }).open();
    site.remember();
    const giveBack = site.forbid(name);
    const { stdout, stderr } = runChild(
      buildSource,
      [site.project, site.scratch, site.storeFolder],
      { unprivileged: true },
    );
    giveBack();
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: expect.stringContaining(`${site.project}/${name}`),
      facts: { reason: expect.stringContaining("EACCES") },
      hint: expect.stringContaining("`exclude`"),
    });
    site.checkUnchanged();
  });

  test.skipIf(forNobody !== "")(
    `with a folder that may be read no longer is told with the reason${forNobody}`,
    () => {
      const site = new Site().write({ "folder/x": "", plain: "" }).open();
      const args = [site.project, site.scratch, site.storeFolder];
      expect(runChild(buildSource, args, { unprivileged: true }).stdout).toBe("{}");
      const giveBack = site.forbid("folder");
      const { stdout, stderr } = runChild(buildSource, args, { unprivileged: true });
      giveBack();
      expect(stderr).toBe("");
      expect(JSON.parse(stdout)).toMatchObject({
        code: "SOURCE_UNREADABLE",
        message: expect.stringContaining(`${site.project}/folder`),
      });
    },
  );

  test("with a file that vanishes meanwhile is told by its path", async () => {
    const site = new Site().write({ a: "first", b: "second" });
    const vanish = site.disturbed((path) => {
      if (path.endsWith("/a")) fs.rmSync(join(site.project, "b"));
    });
    const error = await site.failure(list("."), { store: vanish, changes: ["b"] });
    expect(error).toMatchObject({
      code: "SOURCE_CHANGED",
      message: expect.stringMatching(/\/b`.* it went away$/),
      hint: expect.stringContaining("build again"),
    });
  });

  test("with a file that vanishes in the moment that it is read is told by its path", async () => {
    const site = new Site().write({ a: "first" });
    const vanish = site.disturbed((path) => fs.rmSync(path));
    const error = await site.failure(list("."), { store: vanish, changes: ["a"] });
    expect(error).toMatchObject({
      code: "SOURCE_CHANGED",
      message: expect.stringContaining("/a`"),
    });
  });

  test("with a folder that vanishes meanwhile is told by the path of a file in it", async () => {
    const site = new Site().write({ a: "first", "b/c": "second" });
    const vanish = site.disturbed(() => fs.rmSync(join(site.project, "b"), { recursive: true }));
    const error = await site.failure(list("."), { store: vanish, changes: ["b", "b/c"] });
    expect(error).toMatchObject({
      code: "SOURCE_CHANGED",
      message: expect.stringContaining("/b/c`"),
    });
  });

  test("with a file that is written to all the time is told by its path", async () => {
    const site = new Site().write({ log: "" });
    const written = site.disturbed((path) => fs.appendFileSync(path, "more"));
    const error = await site.failure(list("."), { store: written, changes: ["log"] });
    expect(error).toMatchObject({
      code: "SOURCE_CHANGED",
      message: expect.stringMatching(/\/log`.* it is being written to$/),
    });
  });

  test.each([
    ["is absolute", "/etc/hosts", "it is absolute"],
    ["leads out of the tree", "../../elsewhere", "it leads out of the tree"],
    ["leads out by a detour", "../sub/../../elsewhere", "it leads out of the tree"],
  ])("with a link that %s is told by the link and its target", async (_, target, why) => {
    const site = new Site().write({ "sub/x": "" });
    const link = join(site.project, "sub", "link");
    fs.symlinkSync(target, link);
    const error = await site.failure(list("."));
    expect(error).toMatchObject({
      code: "SYMLINK_LEAVES",
      message: expect.stringContaining(`\`${link}\` leads to \`${target}\`: ${why}`),
      hint: expect.stringContaining("`exclude`"),
    });
    const listed = list(".", { exclude: ["sub/link"] });
    await expect(site.failure(listed)).rejects.toThrow("it did not fail");
  });

  const needsBytes = process.platform === "linux" ? "" : " (not here: names are Unicode)";

  test.skipIf(needsBytes !== "")(
    `with a file name that is not UTF-8 is told by its bytes${needsBytes}`,
    async () => {
      const site = new Site().write({ "sub/x": "" });
      const folder = Buffer.from(join(site.project, "sub/"));
      fs.writeFileSync(Buffer.concat([folder, Buffer.from([0x61, 0xff, 0x62])]), "");
      const error = await site.failure(list("."));
      expect(error).toMatchObject({
        code: "FILE_NAME_NOT_UTF8",
        message: expect.stringContaining(`\`${site.project}/sub\``),
        facts: { name: String.raw`a\xffb` },
        hint: expect.stringContaining("rename"),
      });
    },
  );
});

describe("two artifacts on one path", () => {
  const lay = stage(
    "lay",
    (root: Record<string, Tree | ReturnType<typeof text>>) => sh({ root })`ls`,
  );
  const first = text("1").as("one");
  const second = text("2").as("two");

  test("are told by their names when the command is made", async () => {
    const thrown = await new Site().failure(() => lay({ "a/b": first, "./a//b": second }));
    expect(thrown).toMatchObject({
      code: "PATH_CONFLICT",
      message: expect.stringContaining("`a/b`"),
      facts: { first: "one", second: "two" },
      hint: expect.stringContaining("`without`"),
    });
  });

  test("are told when one lies in the tree of the other", async () => {
    const site = new Site().write({ "src/main.c": "", "src/sub/x": "" });
    const tree = source("src");
    expect(await site.failure(lay({ ".": tree, "main.c": first }))).toMatchObject({
      code: "PATH_CONFLICT",
      message: expect.stringContaining("`main.c`"),
      facts: { first: "src", second: "one" },
    });
    expect(await site.failure(lay({ ".": tree, sub: second }))).toMatchObject({
      code: "PATH_CONFLICT",
      facts: { first: "src", second: "two" },
    });
  });

  test("are told when one is a file on the way to the other", async () => {
    const error = await new Site().failure(lay({ a: first, "a/b/c": second }));
    expect(error).toMatchObject({
      code: "PATH_CONFLICT",
      message: expect.stringContaining("`a`"),
      facts: { first: "one", second: "two" },
    });
  });
});

describe("a command that does not succeed", () => {
  test("is told with its exit code and the last 20 lines of its log", async () => {
    const noisy = stage("noisy", () => {
      const lines = "i=1; while [ $i -le 50 ]; do echo line $i; i=$((i+1)); done";
      return sh`sh -c ${`${lines}; echo the end >&2; exit 3`}`;
    });
    const error = await new Site().failure(noisy());
    expect(error).toMatchObject({
      code: "STAGE_FAILED",
      message: expect.stringMatching(/`noisy`.* 3$/),
      facts: {
        "declared at": expect.stringMatching(/bad-input\.test\.ts:\d+:\d+$/),
        command: expect.stringMatching(/^sh -c 'i=1; /),
      },
    });
    const log = error.facts["log"]?.split("\n") ?? [];
    expect(log).toHaveLength(20);
    // Two streams have no common order, so the end may come anywhere.
    const lines = Array.from({ length: 20 }, (_, n) => `line ${n + 31}`);
    const counted = log.filter((line) => line !== "the end");
    expect(counted).toEqual(lines.slice(-counted.length));
    expect(counted.length).toBeGreaterThanOrEqual(19);
  });

  test("in its time is told with the limit", async () => {
    const slow = stage("slow", () => sh({ timeoutMs: 300 })`sh -c ${"echo begun; sleep 1000"}`);
    const clock = virtualClock({ movesByItself: false });
    const error = await new Site().failure(slow(), {
      clock,
      onEvent: ({ type }) => {
        if (type === "stage-output") clock.advance(300);
      },
    });
    expect(error).toMatchObject({
      code: "STAGE_TIMED_OUT",
      message: expect.stringMatching(/`slow`.* 300 ms/),
      facts: { command: expect.any(String), log: "begun" },
      hint: expect.stringContaining("`timeoutMs`"),
    });
  });

  test("because the build was cancelled is told with the reason", async () => {
    const site = new Site();
    const cancel = new AbortController();
    const error = await site.failure(stage("endless", () => sh`sh -c ${"echo on; sleep 1000"}`)(), {
      signal: cancel.signal,
      onEvent: ({ type }) => {
        if (type === "stage-output") cancel.abort(new Error("the user has had enough"));
      },
    });
    expect(error).toMatchObject({
      code: "BUILD_CANCELLED",
      facts: { reason: "the user has had enough" },
    });
  });
});

describe("a store that cannot be written to", () => {
  test("is told by its directory", async () => {
    const site = new Site().write({ "src/x": "" });
    const blocked = join(site.project, "src", "x", "store");
    for (const target of [list("src"), stage("hello", () => sh`echo hello`)()]) {
      const error = await site.failure(target, { store: new DiskStore(blocked) });
      expect(error).toMatchObject({
        code: "STORE_UNWRITABLE",
        message: expect.stringContaining(`\`${blocked}\``),
        facts: { reason: expect.stringContaining("ENOTDIR") },
        hint: expect.stringContaining("`ASHLAR_STORE`"),
      });
    }
  });

  const forNobody = whyNotNobody === undefined ? "" : ` (not here: ${whyNotNobody})`;

  test.skipIf(forNobody !== "")(`is told when it belongs to another${forNobody}`, () => {
    const site = new Site().write({ "src/x": "" }).open();
    fs.chmodSync(site.storeFolder, 0o555);
    site.remember();
    const src = join(site.project, "src");
    const { stdout, stderr } = runChild(buildSource, [src, site.scratch, site.storeFolder], {
      unprivileged: true,
    });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      code: "STORE_UNWRITABLE",
      facts: { reason: expect.stringContaining("EACCES") },
    });
    site.checkUnchanged();
    expect(fs.readdirSync(site.storeFolder)).toEqual([]);
  });
});

/** A call of a stage that lists a source. */
function list(directory: string, options: SourceOptions = {}): Check {
  return stage(
    "list",
    ({ tree }: { tree: Tree }) => sh`ls ${tree}`,
  )({
    tree: source(directory, options),
  });
}

/** How a build is to fail. */
type FailureOptions = Partial<BuildOptions> & {
  /** Paths in the project that the test itself takes away or changes. */
  readonly changes?: readonly string[];
};

/** A project, a store and a folder for scratch, in a temporary folder. */
class Site {
  readonly #folder = fs.mkdtempSync(join(tmpdir(), "ashlar-bad-input-"));
  readonly project: string = join(this.#folder, "project");
  readonly scratch: string = join(this.#folder, "scratch");
  readonly storeFolder: string = join(this.#folder, "store");
  #before = "";

  constructor() {
    for (const folder of [this.project, this.scratch, this.storeFolder]) fs.mkdirSync(folder);
    onTestFinished(() => fs.rmSync(this.#folder, { recursive: true, force: true }));
  }

  /** Writes files of the project. */
  write(files: Readonly<Record<string, string>>): this {
    for (const [path, content] of Object.entries(files)) {
      const full = join(this.project, path);
      fs.mkdirSync(join(full, ".."), { recursive: true });
      fs.writeFileSync(full, content);
    }
    return this;
  }

  /** Makes a named pipe in the project, and returns its path. */
  makePipe(): string {
    const path = join(this.project, "pipe");
    spawnSync("mkfifo", [path]);
    return path;
  }

  /** Lets everybody in. */
  open(): this {
    for (const folder of [this.#folder, this.project, this.scratch, this.storeFolder]) {
      fs.chmodSync(folder, 0o777);
    }
    for (const path of fs.readdirSync(this.project, { recursive: true, encoding: "utf8" })) {
      fs.chmodSync(join(this.project, path), 0o755);
    }
    return this;
  }

  /** Lets nobody read a file or a folder of the project, until that is taken back. */
  forbid(path: string): () => void {
    const full = join(this.project, path);
    fs.chmodSync(full, 0);
    return () => fs.chmodSync(full, 0o755);
  }

  /** A store on the disk, and something that happens whenever a file is about to be taken. */
  disturbed(disturb: (path: string) => void): Store {
    const store = new DiskStore(this.storeFolder);
    const content: ContentStore = {
      missing: async (digests) => await store.content.missing(digests),
      read: async (digest) => await store.content.read(digest),
      write: async (bytes) => await store.content.write(bytes),
      copyTo: async (digest, path, mode) => await store.content.copyTo(digest, path, mode),
      writeFile: async (path) => {
        disturb(path);
        return await store.content.writeFile(path);
      },
    };
    return { content, actions: store.actions };
  }

  /** The error that a build, or making its targets, fails with. Checks that nothing else is left. */
  async failure(
    targets: Handle | (() => Targets),
    { changes = [], ...options }: FailureOptions = {},
  ): Promise<BuildError> {
    this.remember(changes);
    const thrown = await this.#build(targets, options).catch((error: unknown) => error);
    if (!(thrown instanceof BuildError)) throw new Error("it did not fail", { cause: thrown });
    this.checkUnchanged(changes);
    return thrown;
  }

  /** Remembers the project as it is. */
  remember(changes: readonly string[] = []): void {
    this.#before = this.#look(changes);
  }

  /** Expects the project as it was, nothing in scratch, no result in the store, and no process. */
  checkUnchanged(changes: readonly string[] = []): void {
    equal(this.#look(changes), this.#before);
    deepEqual(fs.readdirSync(this.scratch), []);
    for (const half of ["ac", "results", "tmp"]) {
      const folder = join(this.storeFolder, half);
      deepEqual(fs.existsSync(folder) ? fs.readdirSync(folder) : [], []);
    }
    deepEqual(processesIn(this.#folder), []);
  }

  async #build(targets: Handle | (() => Targets), options: Partial<BuildOptions>): Promise<void> {
    await using runner = localRunner({ scratch: this.scratch, graceMs: 50 });
    await build(typeof targets === "function" ? targets() : targets, {
      store: new DiskStore(this.storeFolder),
      cwd: this.project,
      ...options,
      runner,
    });
  }

  /** All that can be seen of the project. */
  #look(changes: readonly string[]): string {
    const paths = fs.readdirSync(this.project, { recursive: true, encoding: "utf8" }).toSorted();
    const seen = paths
      .filter((path) => !changes.includes(path))
      .map((path) => {
        const full = join(this.project, path);
        const stats = fs.lstatSync(full, { throwIfNoEntry: false });
        const content = stats?.isFile() === true ? fs.readFileSync(full, "latin1") : "";
        return [path, stats?.mode, stats?.isFile() === true && stats.mtimeMs, content];
      });
    return JSON.stringify(seen);
  }
}

/** Processes that work in a folder, or were started with it in their environment or arguments. */
function processesIn(folder: string): string[] {
  if (process.platform !== "linux") {
    const { stdout } = spawnSync("ps", ["-A", "-o", "args="], { encoding: "utf8" });
    return stdout.split("\n").filter((line) => line.includes(folder));
  }
  return fs.readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const texts = ["environ", "cmdline"].map((name) =>
        fs.readFileSync(`/proc/${pid}/${name}`, "latin1"),
      );
      return [fs.readlinkSync(`/proc/${pid}/cwd`), ...texts].some((seen) => seen.includes(folder));
    } catch {
      // It is gone, or of another user.
      return false;
    }
  });
}
