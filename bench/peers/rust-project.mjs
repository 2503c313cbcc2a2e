/**
 * A Rust workspace on crates that many use, for `@ashlar/cargo` and for cargo by hand.
 *
 *     workspace/app   a program: clap, tokio
 *     workspace/core  a library: serde and its macros
 *     registry/       all external crates, as `cargo vendor` makes them
 *
 * The crates come from crates.io, by cargo itself.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { run } from "../measure/child.mjs";

/** @type {Readonly<Record<string, string>>} */
const files = {
  "Cargo.toml": `[workspace]
members = ["app", "core"]
resolver = "2"
`,
  "app/Cargo.toml": `[package]
name = "app"
version = "0.1.0"
edition = "2021"
[dependencies]
clap = { version = "4", features = ["derive"] }
tokio = { version = "1", features = ["rt", "macros", "time"] }
bench-core = { path = "../core" }
`,
  "app/src/main.rs": `use clap::Parser;
#[derive(Parser)]
struct Options {
    #[arg(default_value = "3")]
    count: u32,
}
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let Options { count } = Options::parse();
    println!("{}", bench_core::line(count));
}
`,
  "core/Cargo.toml": `[package]
name = "bench-core"
version = "0.1.0"
edition = "2021"
[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = "1"
`,
  "core/src/lib.rs": `use serde::Serialize;
#[derive(Serialize)]
struct Line {
    count: u32,
}
pub fn line(count: u32) -> String {
    serde_json::to_string(&Line { count }).unwrap_or_default()
}
#[cfg(test)]
mod tests {
    #[test]
    fn lines() {
        assert_eq!(super::line(3), "{\\"count\\":3}");
    }
}
`,
};

/**
 * Writes the workspace, and has cargo fetch its crates.
 *
 * @param {string} project an empty folder
 * @throws {Error} when there is no cargo, or no registry
 */
export function writeRustProject(project) {
  const workspace = join(project, "workspace");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  const registry = join(project, "registry");
  run(["cargo", "generate-lockfile"], { cwd: workspace });
  run(["cargo", "vendor", "--locked", "--versioned-dirs", registry], { cwd: workspace });
}

/**
 * Has cargo fetch other versions of a crate. The lock file stays as it is.
 *
 * @param {string} project
 * @param {string} name of the crate
 * @param {readonly string[]} versions
 * @returns {(version: string) => void} puts one of them into the lock file
 */
export function addVersions(project, name, versions) {
  const workspace = join(project, "workspace");
  const lock = join(workspace, "Cargo.lock");
  const first = readFileSync(lock);
  const locks = new Map(
    versions.map((version) => {
      run(["cargo", "update", "--package", name, "--precise", version], { cwd: workspace });
      const options = ["--locked", "--versioned-dirs", "--no-delete"];
      run(["cargo", "vendor", ...options, join(project, "registry")], { cwd: workspace });
      return [version, readFileSync(lock)];
    }),
  );
  writeFileSync(lock, first);
  return (version) => writeFileSync(lock, locks.get(version) ?? first);
}

/**
 * The external crates that cargo says it has compiled, or checked.
 *
 * @param {string} stderr of cargo
 * @returns {string[]} `<name> <version>`, each once
 */
export function compiledBy(stderr) {
  // Of local crates, it says where they are.
  const lines = stderr.matchAll(/^ +(?:Compiling|Checking) (\S+) v(\S+)$/gm);
  return [...new Set([...lines].map(([, name, version]) => `${name} ${version}`))];
}

/**
 * Runs cargo as people do, on the same crates, in one target directory.
 *
 * @param {string} project
 * @param {string} target directory
 * @param {number} jobs
 * @param {readonly string[]} words
 * @returns {import("../measure/child.mjs").Finished}
 */
export function runCargo(project, target, jobs, words) {
  const sources = [
    'source.crates-io.replace-with="bench"',
    `source.bench.directory="${join(project, "registry")}"`,
  ];
  const options = [...sources.flatMap((each) => ["--config", each]), "--locked", "--offline"];
  return run(["cargo", ...words, "--release", ...options], {
    cwd: join(project, "workspace"),
    env: {
      CARGO_TARGET_DIR: target,
      CARGO_INCREMENTAL: "0",
      CARGO_BUILD_JOBS: String(jobs),
    },
  });
}
