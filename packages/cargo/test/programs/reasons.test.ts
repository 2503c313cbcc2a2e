import { describe, expect, test } from "vitest";

import { differences, parseFingerprint } from "../../src/programs/fingerprints.ts";
import { describeReason, RebuildReasons } from "../../src/programs/rebuild-reasons.ts";

const log = (title: string, text: string): string =>
  `   0.019672238s  INFO prepare_target{force=false package_id=${title} target="x"}: cargo::core::compiler::fingerprint:     ${text}`;

describe("cargo's log", () => {
  test("is taken out of what people see, and gives reasons by package", () => {
    const reasons = new RebuildReasons();
    const shown = [
      "   Compiling norerun v0.1.0",
      log("norerun v0.1.0", "stale: changed"),
      log(
        "norerun v0.1.0",
        'dirty: EnvVarChanged { name: "FOO", old_value: None, new_value: Some("1") }',
      ),
      log(
        "tally v0.2.0 (/ws/crates/tally)",
        "dirty: FsStatusOutdated(StaleDepFingerprint { unit: UnitIndex(4) })",
      ),
      log("tally v0.2.0 (/ws/crates/tally)", "dirty: PathToSourceChanged"),
      "warning: something of a crate",
    ].filter((line) => !reasons.take(line));

    expect(shown).toEqual(["   Compiling norerun v0.1.0", "warning: something of a crate"]);
    expect(Object.fromEntries(reasons.reasons())).toEqual({
      "norerun 0.1.0": ["the variable `FOO` was not set, and is 1"],
      "tally 0.2.0": ["path to source changed"],
    });
  });

  test("takes what it says of units that are not there along, and nothing behind it", () => {
    const reasons = new RebuildReasons();
    const lines = [
      log("tally v0.2.0 (/ws)", "fingerprint error for tally v0.2.0 (/ws)/Build"),
      log("tally v0.2.0 (/ws)", "err: failed to read `/target/lib-tally`"),
      "",
      "Caused by:",
      "    No such file or directory (os error 2)",
      "",
      "Stack backtrace:",
      "   0: cargo_util::paths::read_bytes",
      "             at /rustc/5980/library/std/src/panicking.rs:581:40",
      "   Compiling tally v0.2.0 (/ws)",
      "",
      "Caused by:",
      "    Finished",
    ];
    expect(lines.filter((line) => !reasons.take(line))).toEqual(lines.slice(-4));
    expect(reasons.reasons().size).toBe(0);
  });

  test.each([
    [
      'FsStatusOutdated(StaleItem(ChangedFile { reference: "/t/dep-lib", reference_mtime: FileTime { seconds: 1 }, stale: "/ws/lib.rs", stale_mtime: FileTime { seconds: 2 } }))',
      "the file `/ws/lib.rs` has changed",
    ],
    ['FsStatusOutdated(StaleItem(MissingFile { path: "/ws/x" }))', "the file `/ws/x` is missing"],
    [
      'FsStatusOutdated(StaleItem(ChangedEnv { var: "A", previous: Some("b c"), current: None }))',
      "the variable `A` was b c, and is not set",
    ],
    [
      'FeaturesChanged { old: "[]", new: "[\\"a\\"]" }',
      'features changed: was "[]", is "[\\"a\\"]"',
    ],
    ["RustcChanged", "rustc changed"],
    ["SomethingNew(Whatever)", "whatever"],
    ["UnitDependencyInfoChanged { new_name: 1 }", undefined],
  ])("%s", (reason, sentence) => {
    expect(describeReason(reason)).toBe(sentence);
  });
});

describe("fingerprints", () => {
  const fingerprint = (fields: string): string =>
    `{"rustc":7458672600737419911,"features":"[]","profile":15657897354478470176,"deps":[[7604061031350742275,"a",false,17890430305435765524]],"rustflags":[]${fields}}`;

  test("keep all digits of their numbers", () => {
    const one = parseFingerprint(fingerprint(""));
    expect(one["rustc"]).toBe("7458672600737419911");
    const other = parseFingerprint(fingerprint("").replace("419911", "419912"));
    expect(differences(one, other)).toEqual(["the compiler differs"]);
  });

  test("are compared field by field", () => {
    const one = parseFingerprint(fingerprint(""));
    const other = parseFingerprint(
      fingerprint("")
        .replace('"[]"', '"[\\"std\\"]"')
        .replace(":[]}", ':["-g"]}')
        .replace("[[7", "[[8"),
    );
    expect(differences(one, one)).toEqual([]);
    expect(differences(one, other)).toEqual([
      'the features were [], and are ["std"]',
      'the flags of the compiler were [], and are ["-g"]',
      "its dependencies differ",
    ]);
  });
});
