/**
 * Views: parts of trees, computed on digests. No file is touched.
 *
 * @module
 */
import { posix } from "node:path";

import { entryNames, type Directory, type DirectoryNode } from "../artifact/directory.ts";
import type { View } from "../artifact/handle.ts";
import { parsePath, rootPath, segmentsOf, type ArtifactPath } from "../artifact/path.ts";
import { emptyDigest, type Digest } from "../digest/digest.ts";
import { viewMissing, viewWrongKind } from "../errors/path-errors.ts";
import type { Value } from "../runner/runner.ts";
import { findEntry, readDirectory, writeDirectory, type Entry } from "../store/directories.ts";
import { compileGlobs, type GlobSet } from "../store/globs.ts";
import type { ContentStore } from "../store/store.ts";

/** Links followed on the way to one entry, as on Linux. */
const maxLinks = 40;

/**
 * The part of a tree that a view keeps.
 *
 * @param shown - What the tree is called in errors.
 * @throws {@link BuildError} `VIEW_MISSING`, `VIEW_WRONG_KIND`, `INVALID_GLOB`, or `BLOB_LOST`.
 */
export async function applyView(
  content: ContentStore,
  tree: Digest,
  view: View,
  shown: string,
): Promise<Value> {
  switch (view.type) {
    case "pick":
      return { kind: "tree", digest: await pick(content, tree, await compileGlobs(view.globs)) };
    case "without":
      return { kind: "tree", digest: await without(content, tree, await compileGlobs(view.globs)) };
    case "blank":
      return { kind: "tree", digest: await blank(content, tree, await compileGlobs(view.globs)) };
    case "file":
    case "dir": {
      const entry = await follow(content, tree, view.path, shown);
      const wanted = view.type === "file" ? "file" : "directory";
      if (entry.type !== wanted) throw viewWrongKind(shown, view.path, wanted, entry.type);
      return entry.type === "file"
        ? { kind: "file", digest: entry.digest, isExecutable: entry.isExecutable }
        : { kind: "tree", digest: (entry as { digest: Digest }).digest };
    }
  }
}

/**
 * The entry at a path, with links followed inside the tree.
 *
 * @param shown - What the tree is called in errors.
 * @throws {@link BuildError} `VIEW_MISSING`, or `BLOB_LOST`.
 */
export async function follow(
  content: ContentStore,
  tree: Digest,
  path: ArtifactPath,
  shown: string,
): Promise<Entry> {
  let pending = [...segmentsOf(path)];
  let at: ArtifactPath = rootPath;
  let entry: Entry = { type: "directory", digest: tree };
  for (let links = 0; pending.length > 0;) {
    const [name = "", ...rest] = pending;
    if (entry.type !== "directory") throw viewMissing(shown, path, []);
    const directory: Directory = await readDirectory(content, entry.digest);
    const found = findEntry(directory, name);
    if (found === undefined) throw viewMissing(shown, path, entryNames(directory), at);
    if (found.type === "symlink") {
      const target = posix.join(at, found.target);
      const leaves = posix.isAbsolute(found.target) || target === ".." || target.startsWith("../");
      if (++links > maxLinks || leaves) throw viewMissing(shown, path, [], at);
      pending = [...segmentsOf(parsePath(target)), ...rest];
      at = rootPath;
      entry = { type: "directory", digest: tree };
    } else {
      pending = rest;
      at = parsePath(posix.join(at, name));
      entry = found;
    }
  }
  return entry;
}

async function pick(content: ContentStore, tree: Digest, globs: GlobSet): Promise<Digest> {
  const keep = async (digest: Digest, path: string): Promise<Digest | undefined> => {
    const directory = await readDirectory(content, digest);
    const belongs = ({ name }: { readonly name: string }): boolean =>
      globs.matches(below(path, name));
    const directories: DirectoryNode[] = [];
    for (const node of directory.directories) {
      const kept = belongs(node)
        ? node.digest
        : globs.mayMatchBelow(below(path, node.name))
          ? await keep(node.digest, below(path, node.name))
          : undefined;
      if (kept !== undefined) directories.push({ name: node.name, digest: kept });
    }
    const files = directory.files.filter(belongs);
    const symlinks = directory.symlinks.filter(belongs);
    const isEmpty = files.length + directories.length + symlinks.length === 0;
    if (isEmpty && path !== "") return undefined;
    return await writeDirectory(content, { files, directories, symlinks });
  };
  return (await keep(tree, "")) ?? tree;
}

async function without(content: ContentStore, tree: Digest, globs: GlobSet): Promise<Digest> {
  const keep = async (digest: Digest, path: string): Promise<Digest> => {
    const directory = await readDirectory(content, digest);
    const stays = ({ name }: { readonly name: string }): boolean =>
      !globs.matches(below(path, name));
    const directories: DirectoryNode[] = [];
    for (const node of directory.directories.filter(stays)) {
      const kept = globs.mayMatchBelow(below(path, node.name))
        ? await keep(node.digest, below(path, node.name))
        : node.digest;
      directories.push({ name: node.name, digest: kept });
    }
    const files = directory.files.filter(stays);
    const symlinks = directory.symlinks.filter(stays);
    return await writeDirectory(content, { files, directories, symlinks });
  };
  return await keep(tree, "");
}

async function blank(content: ContentStore, tree: Digest, globs: GlobSet): Promise<Digest> {
  const empty = async (digest: Digest, path: string): Promise<Digest> => {
    const { files, directories, symlinks } = await readDirectory(content, digest);
    const folders: DirectoryNode[] = [];
    for (const { name, digest: child } of directories) {
      const inner = below(path, name);
      const isTouched = globs.matches(inner) || globs.mayMatchBelow(inner);
      folders.push({ name, digest: isTouched ? await empty(child, inner) : child });
    }
    const blanked = files.map(({ name, isExecutable, digest: full }) => {
      const isBlank = globs.matches(below(path, name));
      return { name, isExecutable, digest: isBlank ? emptyDigest : full };
    });
    return await writeDirectory(content, { files: blanked, directories: folders, symlinks });
  };
  return await empty(tree, "");
}

function below(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}
