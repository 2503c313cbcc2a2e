import { expect, test } from "vitest";

import { knownHint } from "../../src/programs/known-hints.ts";

/** What build scripts say when something is not there, in the words of those who have written them. */
test.each([
  ['error occurred in cc-rs: failed to find tool "c++": No such file or directory', "c++"],
  [
    "requires the `pkg-config` utility to find it but unfortunately `pkg-config`\n  could not be found.",
    "pkg-config",
  ],
  [
    'called `Result::unwrap()` on an `Err` value: "Could not find `protoc`. If it is installed,"',
    "protoc",
  ],
  [
    "failed to execute command: No such file or directory (os error 2)\nis `cmake` not installed?",
    "cmake",
  ],
  ['Could not run `PKG_CONFIG_ALLOW_SYSTEM_CFLAGS="1" "pkg-config" "--libs" "z"`', "pkg-config"],
])("%s asks for a tool", (said, tool) => {
  expect(hint(`failed to run custom build command for \`a-sys v1.0.0\`\n  ${said}`)).toContain(
    `the build script of a-sys v1.0.0 starts a program that is not there: stages have those that are declared, so add \`tools: [tool.host("${tool}")]\``,
  );
});

test.each([
  ["The system library `alsa` required by crate `alsa-sys` was not found.", "alsa"],
  ['Unable to find libclang: "couldn\'t find any valid shared libraries"', "libclang"],
  ["Could not find directory of OpenSSL installation, and this `-sys` crate cannot", "OpenSSL"],
])("%s asks for a library", (said, library) => {
  expect(hint(`failed to run custom build command for \`a-sys v1.0.0\`\n  ${said}`)).toContain(
    `the build script of a-sys v1.0.0 wants \`${library}\`, which is no part of a workspace`,
  );
});

test.each([
  "rust-lld: error: unable to find library -lpq",
  "/usr/bin/ld: cannot find -lpq: No such file",
])("%s asks for a library, too", (said) => {
  expect(hint(`error: linking with \`cc\` failed: exit status: 1\n${said}`)).toContain(
    "the linker finds no `libpq`",
  );
});

function hint(said: string): string | undefined {
  return knownHint(said, { packages: [] });
}
