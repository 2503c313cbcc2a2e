/**
 * Merging: several artifacts in one tree, without a process.
 *
 *     merge({ ".": app, "etc/app.conf": conf })        app/ + etc/app.conf ──▶ one tree
 *     merge([base, patch])                             all that is in either
 *
 * A merge is computed on digests, where it is needed, and is no node of a build.
 *
 * @module
 */
import { makeTree } from "../artifact/artifact.ts";
import {
  isArtifact,
  state,
  type Artifact,
  type MergePart,
  type OnConflict,
  type Tree,
} from "../artifact/handle.ts";
import { parsePath, rootPath, type ArtifactPath } from "../artifact/path.ts";
import { describe } from "../base/describe.ts";
import { invalidOption, notAHandle } from "../errors/catalogue.ts";
import { mergeOrigin } from "./copies.ts";

/** How a list of trees is merged. */
export interface MergeOptions {
  /**
   * What becomes of two different things at one path: an error, or the one of the tree that is later in
   * the list stays. A file or link in the place of a directory takes the place of all below it; two
   * directories are merged.
   *
   * @defaultValue "error"
   */
  readonly onConflict?: OnConflict;
}

/**
 * One tree of several artifacts: each lies at its path, as in the `root` of a command; `.` is the top.
 * In the list form, each tree lies at the top.
 *
 * Directories that meet are merged. Files and links that meet must be equal; if they are not, using the
 * tree is an error (`PATH_CONFLICT`), unless `onConflict` says that the last one stays. Nothing is run
 * or copied. Name the tree with `as`, or it is called `merged`.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE` when something is no artifact, or lies at the top and is a
 *   file; `MALFORMED_PATH`; `INVALID_OPTION`.
 * @example
 * ```ts
 * const site = merge({ ".": pages, "assets": styles, "robots.txt": text("User-agent: *") });
 * const patched = merge([upstream, patches], { onConflict: "last" });
 * ```
 */
export function merge(parts: Readonly<Record<string, Artifact>>): Tree;
export function merge(trees: readonly Tree[], options?: MergeOptions): Tree;
export function merge(parts: unknown, { onConflict = "error" }: MergeOptions = {}): Tree {
  const isKnown = (["error", "last"] as readonly unknown[]).includes(onConflict);
  if (!isKnown) throw invalidOption("onConflict", describe(onConflict), '`"error"` or `"last"`');
  if (Array.isArray(parts)) {
    const list = parts.map((tree: unknown, at) => partOf(rootPath, tree, `tree ${at + 1}`));
    return makeTree(mergeOrigin(list, onConflict));
  }
  if (typeof parts !== "object" || parts === null || isArtifact(parts)) {
    throw notAHandle(parts, "what should be a record of artifacts by path, or a list of trees,");
  }
  if (onConflict === "last") {
    const wanted = "given with a list of trees: the paths of a record are in no order";
    throw invalidOption("onConflict", '`"last"`, for a record', wanted);
  }
  const record = Object.entries(parts).map(([path, part]: [string, unknown]) =>
    partOf(parsePath(path), part, `\`${path}\``),
  );
  return makeTree(mergeOrigin(record, onConflict));
}

function partOf(path: ArtifactPath, part: unknown, shown: string): MergePart {
  if (!isArtifact(part)) throw notAHandle(part, `${shown} of a merge`);
  if (path === rootPath && part[state].kind === "file") {
    throw notAHandle(part, `${shown} of a merge, which must be a tree,`);
  }
  return { path, artifact: part };
}
