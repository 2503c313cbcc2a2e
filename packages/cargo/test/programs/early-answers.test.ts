import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { takeAnswers } from "../../src/programs/early-answers.ts";
import { startScript } from "../../src/stage-programs.ts";

let folder = "";
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-answers-")));
  for (const name of ["ws", "home", "programs", "bin", "target"]) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const answers = (place: string): string => join(folder, place, ".rustc_info.json");

test("a program has what cargo was told, although cargo is told while the program starts", () => {
  script("bin/cargo", 'echo nothing v0.0.0; echo "$@" > "$CARGO_TARGET_DIR/.rustc_info.json"');
  symlinkSync(process.execPath, join(folder, "bin/node"));
  writeFileSync(join(folder, "programs/start.sh"), startScript);
  const module = new URL("../../dist/programs/early-answers.js", import.meta.url).href;
  const program = `import { takeAnswers } from ${JSON.stringify(module)};
await takeAnswers("../target");
process.exitCode = Number(process.argv[2]);`;
  writeFileSync(join(folder, "programs/some.js"), program);
  writeFileSync(join(folder, "programs/package.json"), '{ "type": "module" }');
  const words = ["../programs/start.sh", "some.js", "7", "--target", "wasm32-unknown-unknown"];
  const { status, stdout, stderr } = spawnSync("/bin/sh", words, {
    cwd: join(folder, "ws"),
    env: { PATH: join(folder, "bin") },
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: "", stderr: "" });
  expect(readFileSync(answers("target"), "utf8")).toMatch(
    /^tree --locked --offline .*--target wasm32-unknown-unknown\n$/,
  );
});

test("without answers, and without a place for them, nothing happens", async () => {
  await takeAnswers(join(folder, "target"));
  expect(existsSync(answers("target"))).toBe(false);
  writeFileSync(answers("home"), "{}");
  await takeAnswers(join(folder, "none"));
  expect(existsSync(join(folder, "none"))).toBe(false);
});

function script(path: string, text: string): void {
  writeFileSync(join(folder, path), `#!/bin/sh\n${text}\n`);
  chmodSync(join(folder, path), 0o755);
}
