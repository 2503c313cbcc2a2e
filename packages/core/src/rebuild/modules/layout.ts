/**
 * Layouts: files, trees and links that lie anywhere on a disk become one tree, in which they lie to
 * each other as they do there.
 *
 * @module
 */
import { dirname, relative } from "node:path";

import { emptyDirectory, type Directory } from "../../artifact/directory.ts";
import { compareCodePoints } from "../../base/order.ts";
import type { Digest } from "../../digest/digest.ts";
import { readDirectory, writeDirectory } from "../../store/directories.ts";
import type { ContentStore } from "../../store/store.ts";

/** What may be laid. */
export type Laid =
  | { readonly type: "file"; readonly digest: Digest; readonly isExecutable: boolean }
  | { readonly type: "tree"; readonly digest: Digest }
  | { readonly type: "link"; readonly to: string };

/** A folder while it is put together. */
interface Folder {
  readonly folders: Map<string, Folder>;
  readonly entries: Map<string, Exclude<Laid, { readonly type: "tree" }>>;
  /** What lies in it besides. */
  tree: Digest | undefined;
}

/** Gathers what lies at absolute paths. */
export class Layout {
  readonly #laid = new Map<string, Laid>();

  has(path: string): boolean {
    return this.#laid.has(path);
  }

  add(path: string, laid: Laid): void {
    this.#laid.set(path, laid);
  }

  /** The deepest folder that everything lies in. */
  get root(): string {
    const folders = [...this.#laid].flatMap(([path, laid]) =>
      laid.type === "link"
        ? [dirname(path), laid.to]
        : [laid.type === "tree" ? path : dirname(path)],
    );
    const [first = "/", ...others] = folders.map((folder) => folder.split("/"));
    let length = (first as readonly string[]).length;
    for (const other of others) {
      let shared = 0;
      while (shared < length && other[shared] === first[shared]) shared++;
      length = shared;
    }
    return (first as readonly string[]).slice(0, length).join("/") || "/";
  }

  /** Writes the tree, and returns the digest of its root. */
  async write(content: ContentStore): Promise<Digest> {
    const { root } = this;
    const top = makeFolder();
    for (const [path, laid] of [...this.#laid].toSorted(([a], [b]) => compareCodePoints(a, b))) {
      const names = relative(root, path).split("/").filter(Boolean);
      let folder = top;
      const last = laid.type === "tree" ? names.length : names.length - 1;
      for (const name of names.slice(0, last)) {
        let next = folder.folders.get(name);
        if (next === undefined) folder.folders.set(name, (next = makeFolder()));
        folder = next;
      }
      if (laid.type === "tree") folder.tree = laid.digest;
      else folder.entries.set(names.at(-1) ?? "", linkWithin(path, laid));
    }
    return await writeFolder(content, top);
  }
}

function linkWithin(
  path: string,
  laid: Exclude<Laid, { readonly type: "tree" }>,
): Exclude<Laid, { readonly type: "tree" }> {
  return laid.type === "link" ? { type: "link", to: relative(dirname(path), laid.to) } : laid;
}

function makeFolder(): Folder {
  return { folders: new Map(), entries: new Map(), tree: undefined };
}

/** What is laid goes before what its folder's tree holds under the same name. */
async function writeFolder(content: ContentStore, folder: Folder): Promise<Digest> {
  const { folders, entries, tree } = folder;
  if (tree !== undefined && folders.size === 0 && entries.size === 0) return tree;
  const below: Directory = tree === undefined ? emptyDirectory : await readDirectory(content, tree);
  const kept = <N extends { readonly name: string }>(nodes: readonly N[]): N[] =>
    nodes.filter(({ name }) => !folders.has(name) && !entries.has(name));
  const files = kept(below.files);
  const directories = kept(below.directories);
  const symlinks = kept(below.symlinks);
  for (const [name, laid] of entries) {
    if (laid.type === "link") symlinks.push({ name, target: laid.to });
    else files.push({ name, digest: laid.digest, isExecutable: laid.isExecutable });
  }
  for (const [name, child] of folders) {
    if (entries.has(name)) continue;
    child.tree ??= below.directories.find((directory) => directory.name === name)?.digest;
    directories.push({ name, digest: await writeFolder(content, child) });
  }
  return await writeDirectory(content, { files, directories, symlinks });
}
