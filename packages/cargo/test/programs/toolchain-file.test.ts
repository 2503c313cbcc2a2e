import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { checkToolchainFile, satisfies } from "../../src/programs/toolchain-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-toolchain-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rustc = "rustc 1.95.0 (59807616e 2026-04-14)\nrelease: 1.95.0\nLLVM version: 22.1.2";

test.each([
  ["1.95.0", "1.95", true],
  ["1.95.0", "1.95.0", true],
  ["1.95.0", "1.9", false],
  ["1.95.0", "1.96.0", false],
  ["1.95.0", "stable", true],
  ["1.95.0", "stable-x86_64-unknown-linux-gnu", true],
  ["1.97.0-nightly", "stable", false],
  ["1.97.0-nightly", "nightly-2026-05-01", true],
  ["1.95.0", "nightly", false],
  ["1.95.0", "our-own", true],
])("%s is of %s: %s", (release, channel, expected) => {
  expect(satisfies(release, channel)).toBe(expected);
});

test("a workspace that asks for nothing takes any compiler", () => {
  expect(() => checkToolchainFile(folder, rustc)).not.toThrow();
  writeFileSync(join(folder, "rust-toolchain.toml"), '[toolchain]\ncomponents = ["clippy"]\n');
  expect(() => checkToolchainFile(folder, rustc)).not.toThrow();
});

test.each([
  ["rust-toolchain.toml", '[toolchain]\nchannel = "1.2.3"\n'],
  ["rust-toolchain", "1.2.3\n"],
])("%s that asks for another compiler stops the build", (name, text) => {
  writeFileSync(join(folder, name), text);
  expect(() => checkToolchainFile(folder, rustc)).toThrow(
    expect.objectContaining({
      message: `\`${name}\` asks for the toolchain \`1.2.3\`, and rustc is 1.95.0`,
      hint: expect.stringContaining('toolchain: "1.2.3"'),
    }),
  );
});
