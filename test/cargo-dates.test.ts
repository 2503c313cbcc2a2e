/**
 * Dates in crates: C code that has the time of its compilation in it, and code that asks for a date to go by.
 */
import { join } from "node:path";

import { cargo, type CargoOptions } from "@ashlar/cargo";
import { build, source } from "@ashlar/core";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";

import { externalCrate, localCrate, manifestOf, writeProject } from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";

const { runner, folder, missing, title } = await rustTests("dates");

describe.skipIf(missing.length > 0)(title, { timeout: 120_000 }, () => {
  const checksum = "c".repeat(64);
  beforeAll(() => {
    writeProject(join(folder, "registry/clock-1.0.0"), {
      ".cargo-checksum.json": JSON.stringify({ files: {}, package: checksum }),
      "Cargo.toml": manifestOf("clock", "", "1.0.0"),
      "clock.c": 'const char *made(void) { return __DATE__ " " __TIME__; }',
      "build.rs": `
        fn main() {
          let out = std::env::var("OUT_DIR").unwrap();
          let run = |name: &str, words: &[&str]| {
            assert!(std::process::Command::new(name).args(words).status().unwrap().success());
          };
          run("cc", &["-c", "clock.c", "-o", &format!("{out}/clock.o")]);
          run("ar", &["rcs", &format!("{out}/libclockc.a"), &format!("{out}/clock.o")]);
          println!("cargo:rustc-link-search=native={out}");
          println!("cargo:rustc-link-lib=static=clockc");
          println!("cargo:rerun-if-changed=clock.c");
        }`,
      "src/lib.rs": `
        extern "C" { fn made() -> *const std::ffi::c_char; }
        pub fn date() -> &'static str { unsafe { std::ffi::CStr::from_ptr(made()) }.to_str().unwrap() }`,
    });
    writeProject(join(folder, "ws"), {
      "Cargo.lock": `version = 4\n${localCrate("app", "0.1.0", ["clock"])}${externalCrate("clock", "1.0.0", checksum)}`,
      "Cargo.toml": manifestOf("app", '[dependencies]\nclock = "1"'),
      "src/main.rs": 'fn main() { println!("{}", clock::date()); }',
    });
  });

  async function dateOf(name: string, options: Partial<CargoOptions>): Promise<string> {
    const registry = source(join(folder, "registry"));
    const src = source(join(folder, "ws"));
    const { installed } = cargo({ src, registry, profile: "dev", ...options }).buildPackage();
    const report = await build(installed, { runner, store: join(folder, "store") });
    await report.export(installed, join(folder, name));
    return (await execa(join(folder, name, "bin/app"))).stdout;
  }

  test("without a date of the user's, it is always the same", async () => {
    expect(await dateOf("none", {})).toBe("Jan  1 1980 00:00:00");
  });

  test("with one, it is that", async () => {
    const env = { SOURCE_DATE_EPOCH: "86400" };
    expect(await dateOf("own", { env })).toBe("Jan  2 1970 00:00:00");
  });
});
