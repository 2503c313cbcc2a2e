/**
 * Trees on disk: walking them, naming their content, copying them.
 *
 * Everything here is deterministic: entries come in the order of their names' bytes,
 * and neither times nor owners count.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, resolve, sep } from "node:path";

/** One entry of a tree. */
export interface Entry {
  /** Relative to the tree's root, with `/`. */
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink";
}

/**
 * Every entry below `root`, parents first.
 *
 * @param skip - leaves an entry out, and what is below it.
 */
export function* walk(
  root: string,
  skip: (path: string) => boolean = () => false,
  below = "",
): Generator<Entry> {
  const entries = readdirSync(join(root, below), { withFileTypes: true });
  for (const entry of entries.toSorted((one, other) => compare(one.name, other.name))) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (skip(path)) continue;
    if (entry.isSymbolicLink()) yield { path, kind: "symlink" };
    else if (entry.isFile()) yield { path, kind: "file" };
    else if (entry.isDirectory()) {
      yield { path, kind: "directory" };
      yield* walk(root, skip, path);
    }
  }
}

/**
 * SHA-256 in hex over the paths, kinds, executable bits, link targets and bytes of a tree.
 *
 * @param skip - leaves an entry out, and what is below it.
 */
export function hashTree(root: string, skip?: (path: string) => boolean): string {
  const hash = createHash("sha256");
  for (const { path, kind } of walk(root, skip)) {
    const content = contentOf(join(root, path), kind);
    // Lengths go first, so that no two trees can spell the same stream.
    hash.update(`${kind} ${content.mode} ${Buffer.byteLength(path)} ${content.bytes.length}\0`);
    hash.update(path).update(content.bytes);
  }
  return hash.digest("hex");
}

/** Copies a tree; files become writable, and executable where they were. */
export function copyTree(from: string, to: string, skip?: (path: string) => boolean): void {
  mkdirSync(to, { recursive: true });
  for (const { path, kind } of walk(from, skip)) {
    const target = join(to, path);
    if (kind === "directory") mkdirSync(target, { recursive: true });
    else if (kind === "symlink") symlinkSync(readlinkSync(join(from, path)), target);
    else copyFile(join(from, path), target);
  }
}

/** Copies one file, and makes the folders it needs. Replaces what is there. */
export function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, isExecutable(from) ? 0o755 : 0o644);
}

/** Sets the modification time of a file, or of everything in a tree and of its root, to one second past 1970. */
export function forgetTimes(root: string): void {
  const entries = lstatSync(root).isDirectory() ? walk(root) : [];
  for (const { path } of entries) lutimesSync(join(root, path), 1, 1);
  lutimesSync(root, 1, 1);
}

/** Whether `path` is `directory` or lies below it. Both absolute, or both relative to one place. */
export function isWithin(path: string, directory: string): boolean {
  const [inner, outer] = [resolve(path), resolve(directory)];
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

/** Orders by code unit: the same on every machine, whatever its locale. */
export function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function contentOf(path: string, kind: Entry["kind"]): { mode: string; bytes: Buffer } {
  if (kind === "directory") return { mode: "-", bytes: Buffer.alloc(0) };
  if (kind === "symlink") return { mode: "-", bytes: Buffer.from(readlinkSync(path)) };
  return { mode: isExecutable(path) ? "x" : "-", bytes: readFileSync(path) };
}

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o100) !== 0;
}
