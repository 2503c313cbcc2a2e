/**
 * Rust projects for tests: small crates of our own, packed as registries have them.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { devNull } from "node:os";
import { dirname, join } from "node:path";

/** Files by path. Leading blanks of lines do not count. */
export type Files = Readonly<Record<string, string>>;

/** Writes files, and the folders they need. */
export function writeProject(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text.replaceAll(/^[ \t]+/gm, "").trim()}\n`);
  }
}

/** The manifest of a package, and what it says besides. */
export function manifestOf(name: string, more = "", version = "0.1.0"): string {
  return `[package]\nname = "${name}"\nversion = "${version}"\nedition = "2021"\n${more}`;
}

/** A crate as registries have it: `<folder>/<name>-<version>.crate`. Returns its checksum. */
export function packCrate(folder: string, name: string, version: string, files: Files): string {
  const title = `${name}-${version}`;
  const manifest = manifestOf(name, files["Cargo.toml"], version);
  writeProject(join(folder, title), { ...files, "Cargo.toml": manifest });
  execFileSync("tar", ["-czf", `${title}.crate`, title], { cwd: folder });
  rmSync(join(folder, title), { recursive: true });
  return createHash("sha256")
    .update(readFileSync(join(folder, `${title}.crate`)))
    .digest("hex");
}

/** An entry of a lock file, of a local package. */
export function localCrate(name: string, version: string, dependencies: string[] = []): string {
  const list = dependencies.map((one) => `"${one}",\n`).join("");
  const rest = list === "" ? "" : `dependencies = [\n${list}]\n`;
  return `[[package]]\nname = "${name}"\nversion = "${version}"\n${rest}`;
}

/** An entry of a lock file, of a crate in a registry. */
export function externalCrate(
  name: string,
  version: string,
  checksum: string,
  from = "registry+https://github.com/rust-lang/crates.io-index",
): string {
  return `[[package]]\nname = "${name}"\nversion = "${version}"\nsource = "${from}"\nchecksum = "${checksum}"\n`;
}

/** Makes a repository of files, with one commit. Returns the commit. */
export function commitAll(root: string): string {
  if (!existsSync(join(root, ".git"))) gitIn(root, "init", "-q", "-b", "main");
  gitIn(root, "add", "-A");
  gitIn(root, "commit", "-q", "-m", "All");
  return gitIn(root, "rev-parse", "HEAD").trim();
}

/** Runs git in a repository, as somebody, whatever this user has told git. Returns what it printed. */
export function gitIn(root: string, ...args: string[]): string {
  const somebody = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", [...somebody, ...args], { cwd: root, encoding: "utf8", env });
}
