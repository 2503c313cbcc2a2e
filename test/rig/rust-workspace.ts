/**
 * A Rust workspace on crates of our own, in which each crate is there for a reason.
 *
 *     app  ──▶ core ──▶ middle ──▶ leaf          app is a program, core a library of the workspace
 *      └─────▶ side, whose build script asks for a variable
 *     tool ──▶ shape, a macro                    a program that shares nothing with app
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { join } from "node:path";

import { cargo, type CargoOptions, type CargoWorkspace } from "@ashlar/cargo";
import { source, type Report } from "@ashlar/core";

import { manifestOf, writeProject, type Files } from "./rust-project.ts";

/** External crates by name and version. */
const crates: Readonly<Record<string, Files>> = {
  "leaf 1.0.0": { "src/lib.rs": "pub fn grow() -> u32 { 1 }" },
  "leaf 1.1.0": { "src/lib.rs": "pub fn grow() -> u32 { 2 }" },
  "middle 1.0.0": {
    "Cargo.toml": '[dependencies]\nleaf = "1"',
    "src/lib.rs": "pub fn grow() -> u32 { leaf::grow() * 10 }",
  },
  "side 1.0.0": {
    "Cargo.toml": 'build = "build.rs"',
    "build.rs": `
      fn main() {
        println!("cargo:rerun-if-env-changed=TUNE");
        let tune = std::env::var("TUNE").unwrap_or_else(|_| "none".into());
        let out = std::path::Path::new(&std::env::var("OUT_DIR").unwrap()).join("tune.txt");
        std::fs::write(out, tune).unwrap();
      }`,
    "src/lib.rs": 'pub const TUNE: &str = include_str!(concat!(env!("OUT_DIR"), "/tune.txt"));',
  },
  "shape 1.0.0": {
    "Cargo.toml": "[lib]\nproc-macro = true",
    "src/lib.rs": `
      extern crate proc_macro;
      #[proc_macro]
      pub fn corners(_: proc_macro::TokenStream) -> proc_macro::TokenStream { "4u32".parse().unwrap() }`,
  },
};

const workspace: Files = {
  "Cargo.toml": `
    [workspace]
    members = ["app", "core", "tool"]
    resolver = "2"
    [workspace.dependencies]
    middle = "1"
    shape = "1"`,
  "app/Cargo.toml": `
    [package]
    name = "app"
    version = "0.1.0"
    edition = "2021"
    license = "MIT"
    [dependencies]
    core-lib = { path = "../core" }
    side = "1"`,
  "app/src/main.rs": 'fn main() { println!("{} {}", core_lib::size(), side::TUNE); }',
  "core/Cargo.toml": `
    [package]
    name = "core-lib"
    version = "0.1.0"
    edition = "2021"
    license = "MIT"
    [dependencies]
    middle.workspace = true`,
  "core/src/lib.rs": `
    /// Twice the size.
    pub fn size() -> u32 { middle::grow() * 2 }
    #[cfg(test)]
    mod tests { #[test] fn is_even() { assert_eq!(super::size() % 2, 0); } }`,
  "tool/Cargo.toml": `
    [package]
    name = "tool"
    version = "0.1.0"
    edition = "2021"
    license = "MIT"
    [dependencies]
    shape.workspace = true`,
  "tool/src/main.rs": 'fn main() { println!("{}", shape::corners!()); }',
};

/** The workspace on a disk, below `root`: `ws`, and `registry`. */
export class RustWorkspace {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    for (const title of Object.keys(crates)) if (title !== "leaf 1.1.0") this.publish(title);
    writeProject(join(root, "ws"), workspace);
    this.cargo("generate-lockfile");
  }

  /** Puts a crate into the registry. */
  publish(title: string): void {
    const [name = "", version = ""] = title.split(" ");
    const files = crates[title] ?? {};
    const given = files["Cargo.toml"] ?? "";
    const checksum = createHash("sha256")
      .update(JSON.stringify([title, files]))
      .digest("hex");
    writeProject(join(this.root, "registry", `${name}-${version}`), {
      ...files,
      "Cargo.toml": manifestOf(name, `license = "MIT"\n${given}`, version),
      ".cargo-checksum.json": JSON.stringify({ files: {}, package: checksum }),
    });
  }

  /** A new version of `leaf`, in the lock file as well. */
  bumpLeaf(): void {
    this.publish("leaf 1.1.0");
    this.cargo("update", "-p", "leaf");
  }

  /** Adds a line to a file of the workspace. */
  append(path: string, line: string): void {
    appendFileSync(join(this.root, "ws", path), `${line}\n`);
  }

  /** Takes the place of files of the workspace. */
  write(files: Files): void {
    writeProject(join(this.root, "ws"), files);
  }

  /** Runs cargo as people do. */
  cargo(...args: readonly string[]): void {
    const sources = [
      'source.crates-io.replace-with="test"',
      `source.test.directory="${join(this.root, "registry")}"`,
    ];
    const config = sources.flatMap((each) => ["--config", each]);
    execFileSync("cargo", [...args, "--offline", ...config], {
      cwd: join(this.root, "ws"),
      stdio: ["ignore", "ignore", "pipe"],
    });
  }

  /** Describes it. The profile that compiles fastest is the default here. */
  describe(options: Partial<CargoOptions> = {}): CargoWorkspace {
    const registry = source(join(this.root, "registry"), { gitignore: false });
    return cargo({ src: source(join(this.root, "ws")), registry, profile: "dev", ...options });
  }
}

/** What cargo said that it compiled in a stage. */
export interface Compiled {
  readonly local: readonly string[];
  readonly external: readonly string[];
}

/** By the names of the stages that ran: what cargo compiled there, by its own messages. */
export async function compiledIn(report: Report): Promise<Record<string, Compiled>> {
  const units: Record<string, Compiled> = {};
  for (const stage of report.stages) {
    if (!report.ran.includes(stage.name)) continue;
    const line = /^compiled local: (.*); external: (.*); fresh units: \d+$/gm;
    const runs = [...(await report.log(stage)).matchAll(line)];
    if (runs.length === 0) continue;
    const all = (at: number): readonly string[] => [
      ...new Set(runs.flatMap((run) => (run[at] === "none" ? [] : (run[at]?.split(", ") ?? [])))),
    ];
    units[stage.name] = { local: all(1), external: all(2) };
  }
  return units;
}
