/**
 * Paths inside trees and input roots: relative, with `/`, without `.` and `..`.
 *
 * @module
 */
import { malformedPath } from "../errors/path-errors.ts";

declare const brand: unique symbol;

/** A normalised path inside a tree: segments joined by `/`. The empty path is the tree itself. */
export type ArtifactPath = string & { readonly [brand]: "ArtifactPath" };

/** Paths that are in normal form at first sight, as nearly all are: no segment starts with a dot. */
const plain = /^[^./\0][^/\0]*(?:\/[^./\0][^/\0]*)*$/;

/** The path of the tree itself. */
export const rootPath: ArtifactPath = "" as ArtifactPath;

/**
 * Normalises a path that a user wrote: `./a//b/` becomes `a/b`, `.` becomes the tree itself.
 *
 * @throws {@link BuildError} `MALFORMED_PATH` for an absolute path, one with `..`, or a NUL.
 */
export function parsePath(text: string): ArtifactPath {
  if (typeof text !== "string") throw malformedPath(String(text), "it is not a string");
  if (text === "" || plain.test(text)) return text as ArtifactPath;
  if (text.startsWith("/")) throw malformedPath(text, "it is absolute");
  if (text.includes("\0")) throw malformedPath(text, "it contains a NUL character");
  const segments = text.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) throw malformedPath(text, "it leaves the tree with `..`");
  return segments.join("/") as ArtifactPath;
}

/**
 * Checks a name that is to stand as one segment of a path.
 *
 * @throws {@link BuildError} `MALFORMED_PATH` unless it is one segment.
 */
export function parseName(text: string): string {
  const path = parsePath(text);
  if (path === "" || path !== text || path.includes("/")) {
    throw malformedPath(text, "it is not a single name");
  }
  return path;
}

/** Joins a path and what lies below it. */
export function joinPath(base: ArtifactPath, below: string): ArtifactPath {
  if (base === "") return below as ArtifactPath;
  return (below === "" ? base : `${base}/${below}`) as ArtifactPath;
}

/** The segments of a path; none for the tree itself. */
export function segmentsOf(path: ArtifactPath): readonly string[] {
  return path === "" ? [] : path.split("/");
}

/** The last segment of a path; empty for the tree itself. */
export function baseName(path: ArtifactPath): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path without its last segment. */
export function parentOf(path: ArtifactPath): ArtifactPath {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) as ArtifactPath;
}

/** True when `path` is `base` or lies below it. */
export function isWithin(path: ArtifactPath, base: ArtifactPath): boolean {
  return base === "" || path === base || path.startsWith(`${base}/`);
}

/** How to write `path` from a working directory in the same tree: `../target` from `ws`. */
export function relativeTo(path: ArtifactPath, directory: ArtifactPath): string {
  if (directory === "") return path === "" ? "." : path;
  const target = segmentsOf(path);
  const from = segmentsOf(directory);
  let shared = 0;
  while (shared < from.length && from[shared] === target[shared]) shared++;
  const up = from.slice(shared).map(() => "..");
  return [...up, ...target.slice(shared)].join("/") || ".";
}
