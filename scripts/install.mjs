/**
 * Installs the workspace's dependencies, but only when they may have changed.
 *
 * A stamp under `node_modules` holds the digest of everything an installation depends on:
 * the lock file, every manifest, the platform. Equal digests mean there is nothing to do,
 * which costs a few milliseconds where asking pnpm costs a second.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { pnpm, root } from "./child.mjs";

const stamp = join(root, "node_modules/.cache/installed");

/**
 * Makes `node_modules` what the lock file says.
 *
 * @param {string[]} words more options for `pnpm install`
 * @returns {Promise<number>} an exit code
 */
export async function install(words) {
  if (words.length === 0 && installed() === wanted()) return 0;
  const code = await pnpm([
    "install",
    "--frozen-lockfile",
    // Without a terminal pnpm would rather fail than replace a `node_modules` it does not trust.
    "--config.confirm-modules-purge=false",
    ...words,
  ]);
  if (code !== 0) {
    console.error("If the lock file is behind a package.json: npm run pnpm install");
    return code;
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted());
  return 0;
}

/** @returns {string | undefined} the digest of the last installation, if all of it is still there */
function installed() {
  const complete = packages().every(
    (folder) => !dependsOnAnything(folder) || existsSync(join(root, folder, "node_modules")),
  );
  return complete && existsSync(stamp) ? readFileSync(stamp, "utf8") : undefined;
}

/** @returns {string} the digest of what the lock file, the manifests and this machine ask for */
function wanted() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const manifests = packages().map((folder) => join(folder, "package.json"));
  for (const path of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path} ${bytes.byteLength}\n`).update(bytes);
  }
  return hash.digest("hex");
}

/**
 * @param {string} folder
 * @returns {boolean}
 */
function dependsOnAnything(folder) {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, folder, "package.json"), "utf8"),
  );
  return Object.keys({ ...dependencies, ...devDependencies }).length > 0;
}

/** @returns {string[]} the folders that hold a manifest, the workspace's own first */
function packages() {
  const folders = ["packages", "packages/runners"].flatMap((parent) =>
    readdirSync(join(root, parent))
      .toSorted()
      .map((name) => join(parent, name)),
  );
  return ["", "test", ...folders].filter((folder) =>
    existsSync(join(root, folder, "package.json")),
  );
}
