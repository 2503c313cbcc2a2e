import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { merge, out, sh, source, stage, type Tree } from "@ashlar/core";
import { describe, expect, onTestFinished, test } from "vitest";

import { sourceLocator, type Locate } from "../../src/reporters/locate.ts";

const interpolated = stage("interpolated", (src: Tree) => sh`lint ${src}`);
const rooted = stage("rooted", (src: Tree) => sh({ root: { ".": src } })`lint`);
const inside = stage("inside", (src: Tree) => sh({ root: { ws: src }, cwd: "ws" })`lint`);
const copied = stage("copied", (src: Tree) => sh`copy ${src} ${out.tree("src")}`);

const web = source("packages/web/src");
const handles = [
  interpolated(web),
  rooted(source("packages/web")),
  inside(source("packages").dir("web")),
  rooted(merge({ ".": source("other"), web })),
  interpolated(copied(web)),
];

async function locator(below = ""): Promise<Locate> {
  const repository = mkdtempSync(join(tmpdir(), "ashlar-locate-"));
  onTestFinished(() => rmSync(repository, { recursive: true }));
  const cwd = join(repository, below);
  for (const file of ["packages/web/src/a.ts", "other/b.ts", "top.ts"]) {
    mkdirSync(dirname(join(cwd, file)), { recursive: true });
    writeFileSync(join(cwd, file), "");
  }
  return await sourceLocator(handles, { cwd, repository });
}

describe("a file that a command has named", () => {
  test.each([
    ["of an input", "interpolated", "in/src/a.ts", "packages/web/src/a.ts"],
    ["of the input root", "rooted", "src/a.ts", "packages/web/src/a.ts"],
    ["with a dot before it", "rooted", "./src/a.ts", "packages/web/src/a.ts"],
    ["below the working directory", "inside", "src/a.ts", "packages/web/src/a.ts"],
    ["beside the working directory", "inside", "../ws/src/a.ts", "packages/web/src/a.ts"],
    ["by its whole path", "rooted", "/tmp/ashlar-root/root/src/a.ts", "packages/web/src/a.ts"],
    ["by its address", "rooted", "file:///root/x/root/src/a.ts", "packages/web/src/a.ts"],
    ["in a merged tree", "rooted#2", "web/a.ts", "packages/web/src/a.ts"],
    ["at the top of a merged tree", "rooted#2", "b.ts", "other/b.ts"],
    ["of a stage that nobody knows", "none", "in/top.ts", "top.ts"],
    ["that is not there", "rooted", "src/none.ts", undefined],
    ["that is outside", "rooted", "../../top.ts", undefined],
    ["of the machine", "rooted", "/usr/include/stdio.h", undefined],
  ])("%s", async (_, stageName, file, path) => {
    expect((await locator())(file, stageName)).toBe(path);
  });

  test("is named from the top of the repository", async () => {
    const locate = await locator("deep/down");
    expect(locate("in/src/a.ts", "interpolated")).toBe("deep/down/packages/web/src/a.ts");
  });
});
