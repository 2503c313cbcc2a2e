/** Undeclared inputs: a stage that fails for the want of one is told which, and never a wrong one. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { MemoryStore, sh, source, stage, tryBuild, type Command } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { describe, expect, onTestFinished, test } from "vitest";

import { parsePath } from "../packages/core/src/artifact/path.ts";
import { findReadOnly } from "../packages/core/src/schedule/read-only.ts";
import { askedFor, withRequirers } from "../packages/core/src/schedule/undeclared.ts";

/** A folder with these files. */
function project(files: readonly string[]): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-undeclared-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "content");
  }
  return folder;
}

/** What the error of a failed command says was not declared. */
async function undeclaredBy(
  command: Command,
  cwd: string,
  sandbox: "auto" | "none" = "none",
): Promise<string | undefined> {
  await using runner = localRunner({ sandbox });
  const failing = stage("failing", () => command)();
  const report = await tryBuild(failing, { runner, cwd, store: new MemoryStore() });
  const [error] = report.errors;
  expect(error?.code).toBe("STAGE_FAILED");
  return error?.facts["not declared"];
}

const files = ["src/main.c", "src/config.h", "data.json", "other/deep/x.txt"];

test("a file of the project that was left out of a source is named", async () => {
  const src = source("src", { include: ["*.c"] });
  const text = 'cat "$1/config.h"';
  expect(await undeclaredBy(sh`sh -c ${text} sh ${src}`, project(files))).toBe(
    "src/config.h (in the project)",
  );
});

test("so is one that a compiler misses beside a source file", async () => {
  const src = source("src", { include: ["*.c"] });
  const line = "in/src/main.c:1:10: fatal error: config.h: No such file or directory";
  const text = `echo '${line}' >&2; exit 1`;
  expect(await undeclaredBy(sh`sh -c ${text} sh ${src}`, project(files))).toBe(
    "src/config.h (in the project)",
  );
});

test("so is one of the project that no source holds", async () => {
  const cwd = project(files);
  expect(await undeclaredBy(sh`cat data.json other/deep/x.txt`, cwd)).toBe(
    "data.json (in the project)\nother/deep/x.txt (in the project)",
  );
});

test("what is declared, or is nowhere, is not named", async () => {
  const cwd = project(files);
  // It is there, under another path than the one that was asked for.
  const asks =
    'cat src/main.c data.json nothing.txt "it/is/not here"; cat "$1/config.h" > /dev/null';
  const command = sh`sh -c ${`${asks}; exit 1`} sh ${source("src")} ${source.file("data.json")}`;
  expect(await undeclaredBy(command, cwd)).toBeUndefined();
});

test("a failure that has another reason is told as ever", async () => {
  const cwd = project(files);
  expect(await undeclaredBy(sh`sh -c ${"echo data.json is wrong; exit 1"}`, cwd)).toBeUndefined();
});

test("a file of the machine is named where a sandbox hides it, and only there", async () => {
  const cwd = project([]);
  const marker = join(project(["marker"]), "marker");
  const command = sh`sh -c ${`cat ${marker} > /dev/null && exit 1`}`;
  await using runner = localRunner();
  const expected = runner.hermeticity === "sandbox" ? `${marker} (on this machine)` : undefined;
  expect(await undeclaredBy(command, cwd, "auto")).toBe(expected);
  expect(await undeclaredBy(command, cwd)).toBeUndefined();
});

describe("what a log asks for", () => {
  test.each([
    ["cat: src/config.h: No such file or directory", "src/config.h"],
    ["sh: 1: cannot open config: No such file", "config"],
    ["bash: line 1: ./run.sh: No such file or directory", "./run.sh"],
    ["FileNotFoundError: [Errno 2] No such file or directory: 'data.json'", "data.json"],
    ["Error: ENOENT: no such file or directory, open '/a/b.json'", "/a/b.json"],
    ["Error: Cannot find module './lib/x.js'", "./lib/x.js"],
    ["error: couldn't read `src/x.txt`: No such file or directory (os error 2)", "src/x.txt"],
    ["main.c:3:10: fatal error: 'a b.h' file not found", "a b.h"],
    ["make: *** No rule to make target 'x.o', needed by 'all'.  Stop.", "x.o"],
    ["cat: can't open 'lib/x.o': No such file or directory", "lib/x.o"],
    ["/usr/bin/ld: cannot find lib/x.o: No such file or directory", "lib/x.o"],
    ["tar: a/b.txt: Cannot stat: No such file or directory", "a/b.txt"],
    ["sh: 1: cd: can't cd to folder", "folder"],
    ["cat: a/b.txt: Datei oder Verzeichnis nicht gefunden", "a/b.txt"],
    ["ls: Zugriff auf „a/b“ nicht möglich: Datei oder Verzeichnis nicht gefunden", "a/b"],
    ["cat: a/b.txt: Aucun fichier ou dossier de ce nom", "a/b.txt"],
    ["ls: impossible d'accéder à « a/b » : Aucun fichier ou dossier de ce nom", "a/b"],
    ["cat: a/b.txt: No existe el fichero o el directorio", "a/b.txt"],
  ])("%s", (line, path) => {
    expect(askedFor([line]).map((asked) => asked.path)).toContain(path);
  });

  test("is relative to who has asked, where that is said in other lines", () => {
    const lines = [
      ...["Error: Cannot find module '../lib/x.js'", "Require stack:", "- /r/src/a.js"],
      ...['  File "/r/src/b.py", line 3, in <module>', "    import lib.mod"],
      "ModuleNotFoundError: No module named 'lib.mod'",
    ];
    const asked = askedFor(withRequirers(lines));
    expect(asked).toContainEqual({ path: "../lib/x.js", from: "/r/src/a.js" });
    expect(asked).toContainEqual({ path: "lib/mod.py", from: "/r/src/b.py" });
  });

  test("is nothing where nothing is missing", () => {
    expect(askedFor(["src/main.c: warning: 'x' is unused", "open 'data.json'"])).toEqual([]);
  });
});

describe("what a log says cannot be written to", () => {
  const action = {
    cwd: parsePath("work"),
    wholeTrees: ["in/src", "lib"].map((path) => parsePath(path)),
  };
  test.each([
    ["touch: cannot touch '../in/src/a/b': Read-only file system", ["in/src"]],
    ["OSError: [Errno 30] Read-only file system: '/r/root/lib/x'", ["lib"]],
    ["Error: EROFS: read-only file system, open '../lib/n'", ["lib"]],
    ["Fatal error: can't create ../in/src/x.o: Read-only file system", ["in/src"]],
    ["touch: cannot touch '/usr/lib/x': Read-only file system", []],
    ["touch: cannot touch '../in/srcs/x': Read-only file system", []],
    ["touch: cannot touch '../in/src/x': Permission denied", []],
  ])("%s", (line, trees) => {
    expect(findReadOnly([line], action, { seenAs: "/r/root" })).toEqual(trees);
  });
});
