import { expect, test } from "vitest";

import { cargoRemarks } from "../src/remarks.ts";

/** `severity kind subject`, and the text below. */
function shown(log: string): readonly string[] {
  return cargoRemarks(log).flatMap(({ severity, kind, subject, text }) => [
    `${severity} ${kind}: ${subject}`,
    `  ${text}`,
  ]);
}

test("a command that compiled local code alone says so, and no more", () => {
  expect(
    shown("   Compiling app\ncompiled local: app 0.1.0; external: none; fresh units: 43\n"),
  ).toEqual(["note compiled: cargo", "  cargo compiled app 0.1.0; 43 units were fresh"]);
});

test("what was compiled again is named with cargo's reasons; only of others' crates as a warning", () => {
  const log = `rebuilt: app 0.1.0: the variable \`OWN\` was not set, and is 1
warning: external rebuilt: zlib-sys 1.1.0
  because the variable \`CC\` was gcc, and is clang
warning: external rebuilt: stone 2.0.0
hint: this was \`cargo build\`, but the dependencies were built with
  cargo test
compiled local: app 0.1.0; external: stone 2.0.0, zlib-sys 1.1.0; fresh units: 1
`;
  expect(shown(log)).toEqual([
    "note rebuilt: app 0.1.0",
    "  app 0.1.0 was compiled again: the variable `OWN` was not set, and is 1",
    "warning external-rebuilt: zlib-sys 1.1.0",
    "  zlib-sys 1.1.0, which is no local crate, was compiled again: the variable `CC` was gcc, and is clang",
    "warning external-rebuilt: stone 2.0.0",
    "  stone 2.0.0, which is no local crate, was compiled again: cargo does not say why",
    "note compiled: cargo",
    "  cargo compiled app 0.1.0, stone 2.0.0, zlib-sys 1.1.0; 1 unit was fresh",
  ]);
});

test("files that are no inputs are warnings, each once, however often cargo runs", () => {
  const run = `compiled local: app 0.1.0; external: none; fresh units: 1
warning: the build script of app watches \`a/b.proto\`, which is not among the sources: add \`a/*.proto\`
`;
  expect(shown(run + run)).toEqual([
    "warning unlisted-file: a/b.proto",
    "  the build script of app watches `a/b.proto`, which is not among the sources: add `a/*.proto`",
    "note compiled: cargo",
    "  cargo compiled app 0.1.0; 1 unit was fresh",
  ]);
});

test("a file that was missing is one, too, where the command failed for it", () => {
  const hint =
    "`songs/first.txt` is not among the sources: `.gitignore` keeps it out; add `songs/*.txt` to `include`";
  expect(shown(`error: \`cargo build\` ended with exit code 101\nhint: ${hint}\n`)).toEqual([
    "warning unlisted-file: songs/first.txt",
    `  ${hint}`,
  ]);
});

test("the passes that build dependencies are one, and of many crates some are named", () => {
  const crates = Array.from({ length: 10 }, (_, at) => `c${at} 1.0.0`);
  const log = `cargo build
compiled dependencies: ${crates.slice(0, 9).join(", ")}; fresh units: 0
cargo test --no-run
compiled dependencies: ${crates.slice(8).join(", ")}; fresh units: 8
dependencies built in 2 passes; 2 stubs purged
`;
  expect(shown(log)).toEqual([
    "note compiled: cargo",
    `  cargo compiled ${crates.slice(0, 8).join(", ")} and 2 more; 0 units were fresh`,
  ]);
});

test("of a command that compiled nothing, and found nothing, there is nothing to say", () => {
  expect(shown("compiled local: none; external: none; fresh units: 0\n")).toEqual([]);
});

test("a log without cargo has none", () => {
  expect(cargoRemarks("hello\ncompiled everything\n")).toEqual([]);
});
