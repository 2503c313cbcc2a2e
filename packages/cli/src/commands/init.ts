/**
 * `ashlar init`.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import type { Run } from "../command.ts";
import { pathTaken, reportUnwritable } from "../errors.ts";
import { exitCode } from "../exit-code.ts";
import { buildFileFor, lookAt } from "../project.ts";
import { buildFileNames } from "../targets/build-file.ts";

/** Writes a small build file, and says what is missing before it can be used. */
export const run: Run = async (_, __, { cwd, out }) => {
  const taken = buildFileNames.find((name) => existsSync(join(cwd, name)));
  if (taken !== undefined) throw pathTaken(taken, "a new build file");
  const parts = lookAt(cwd);
  const { text, packages } = buildFileFor(parts);
  const [name = ""] = buildFileNames;
  try {
    writeFileSync(join(cwd, name), text, { flag: "wx" });
  } catch (error) {
    throw reportUnwritable(name, error);
  }
  const kinds = parts.map(({ kind }) => kind).join(" and ") || "nothing known yet";
  out.write(`${name}: for a project of ${kinds}\n`);
  if (parts.some((part) => part.kind === "Rust" && !part.hasLock)) out.write(await writeLock(cwd));
  const installer = installerOf(cwd);
  const missing = packages.filter((each) => !isInstalled(each, cwd));
  const isBare = parts.some((part) => part.kind === "Node" && part.hasDependencies);
  if (missing.length > 0) out.write(`install first: ${installer.add} ${missing.join(" ")}\n`);
  else if (isBare && !isInstalled("", cwd)) out.write(`install first: ${installer.all}\n`);
  out.write(`then: ${installer.run} ashlar build\n`);
  return exitCode.succeeded;
};

/** A build of Rust begins with the lock file, which cargo writes. */
async function writeLock(cwd: string): Promise<string> {
  try {
    await promisify(execFile)("cargo", ["generate-lockfile"], { cwd });
    return "Cargo.lock: written by `cargo generate-lockfile`; keep it with the sources\n";
  } catch {
    return "there is no Cargo.lock; write it first: cargo generate-lockfile\n";
  }
}

interface Installer {
  readonly all: string;
  readonly add: string;
  readonly run: string;
}

const npm: Installer = { all: "npm install", add: "npm install --save-dev", run: "npx" };

/** By its lock file. */
const installers: Readonly<Record<string, Installer>> = {
  "package-lock.json": npm,
  "pnpm-lock.yaml": { all: "pnpm install", add: "pnpm add --save-dev", run: "pnpm exec" },
  "yarn.lock": { all: "yarn install", add: "yarn add --dev", run: "yarn" },
  "bun.lock": { all: "bun install", add: "bun add --dev", run: "bunx" },
};

/** What the project is installed with: its lock file says so, here or in the nearest directory above that has one. */
function installerOf(cwd: string): Installer {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = Object.entries(installers).find(([lock]) => existsSync(join(folder, lock)));
    if (found !== undefined) return found[1];
    if (dirname(folder) === folder || existsSync(join(folder, ".git"))) return npm;
  }
}

/** Whether a module here would find a package. */
function isInstalled(name: string, cwd: string): boolean {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules", name))) return true;
    if (dirname(folder) === folder) return false;
  }
}
