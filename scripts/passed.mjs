/**
 * Remembers what the tests have passed for, so that `npm test` need not run them again for the same.
 *
 * A stamp under `node_modules` holds the digest of everything that decides how they end: every file of
 * the workspace that is not ignored, the Node that runs them, and where the tools are without which
 * some of them skip themselves. What is built or installed follows from the files.
 *
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";

import { root } from "./child.mjs";

const stamp = join(root, "node_modules/.cache/passed");

/** What `.gitignore` names: paths from the workspace's folder on, with a slash before each. */
const ignored =
  /\/(?:node_modules|\.git|target)$|^\/(?:coverage|tour|bench\/results)$|^\/packages\/(?:runners\/)?[^/]+\/dist$|\.(?:tsbuildinfo|tgz|log)$/;

/** Programs without which some tests skip themselves. */
const tools = [
  ...["bash", "bwrap", "cargo", "docker", "git", "llvm-cov-14", "llvm-cov-22"],
  ...["protoc", "rustc", "setpriv", "unshare"],
];

/** @returns {string} the digest of what decides how the tests end */
export function whatIsTested() {
  const { platform, arch, version } = process;
  const hash = createHash("sha256").update(`${platform} ${arch} ${version}\n`);
  // Root may do what others may not, and some tests need one or the other.
  hash.update(`user ${process.getuid?.()}\n`);
  for (const tool of tools) hash.update(`${tool} ${onPath(tool)}\n`);
  addFolder(hash, "");
  return hash.digest("hex");
}

/**
 * @param {string} tested
 * @returns {boolean} true if the tests have passed for that
 */
export function hasPassed(tested) {
  try {
    return readFileSync(stamp, "utf8") === tested;
  } catch {
    return false;
  }
}

/** @param {string} tested what the tests have passed for */
export function keepPassed(tested) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, tested);
}

/** Forgets what the tests have passed for. */
export function forgetPassed() {
  rmSync(stamp, { force: true });
}

/**
 * @param {import("node:crypto").Hash} hash
 * @param {string} folder from the workspace's on, with a slash before it; empty for that itself
 */
function addFolder(hash, folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (ignored.test(path)) continue;
    if (entry.isDirectory()) addFolder(hash, path);
    else if (entry.isFile()) addFile(hash, path);
    else if (entry.isSymbolicLink()) hash.update(`${path} -> ${readlinkSync(join(root, path))}\n`);
  }
}

/**
 * @param {import("node:crypto").Hash} hash
 * @param {string} path
 */
function addFile(hash, path) {
  try {
    const bytes = readFileSync(join(root, path));
    const isExecutable = (statSync(join(root, path)).mode & 0o111) !== 0;
    hash.update(`${path} ${isExecutable ? "x" : "-"} ${bytes.byteLength}\n`).update(bytes);
  } catch {
    // Gone by now, or not for us to read: then it counts as changed each time.
    hash.update(randomUUID());
  }
}

/**
 * @param {string} tool
 * @returns {string | undefined} where it is, as a command would find it
 */
function onPath(tool) {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, tool)).find(isProgram);
}

/**
 * @param {string} path
 * @returns {boolean}
 */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
