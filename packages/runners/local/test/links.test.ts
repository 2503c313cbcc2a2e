/** What a build leaves in the process that it ran in: Node 20 follows no links after it has looked at a pipe. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { removeFolder } from "../src/post.ts";

test("links are followed after pipes of commands were removed as they were before", () => {
  const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "ashlar-links-")));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const require = createRequire(join(folder, "module.js"));
  for (const name of ["one", "two"]) {
    fs.mkdirSync(join(folder, "real", name), { recursive: true });
    fs.writeFileSync(join(folder, "real", name, "index.js"), "");
    fs.mkdirSync(join(folder, "node_modules"), { recursive: true });
    fs.symlinkSync(`../real/${name}`, join(folder, "node_modules", name));
  }
  const resolved = (name: string): string => require.resolve(name);
  expect(resolved("one")).toBe(join(folder, "real/one/index.js"));
  fs.mkdirSync(join(folder, "post"));
  execFileSync("mkfifo", [join(folder, "post/in")]);
  removeFolder(join(folder, "post"));
  expect(resolved("two")).toBe(join(folder, "real/two/index.js"));
});
