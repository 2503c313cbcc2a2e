/**
 * Reading trees: directories by digest, and paths in them.
 *
 * @module
 */
import { decodeDirectory, encodeDirectory, type Directory } from "../artifact/directory.ts";
import { segmentsOf, type ArtifactPath } from "../artifact/path.ts";
import type { Digest } from "../digest/digest.ts";
import { LayeredContent } from "./layered-content.ts";
import { RememberingContent } from "./remembering-content.ts";
import type { ContentStore } from "./store.ts";

/** What stands at a path. */
export type Entry =
  | { readonly type: "file"; readonly digest: Digest; readonly isExecutable: boolean }
  | { readonly type: "directory"; readonly digest: Digest }
  | { readonly type: "symlink"; readonly target: string };

/** A directory never changes under its digest, so what was decoded once need not be read again. */
const decoded = new WeakMap<ContentStore, DirectoryCache>();

interface DirectoryCache {
  get(digest: Digest): Directory | undefined;
  set(digest: Digest, directory: Directory): unknown;
}

/** Decoded directories kept for each store. */
const maxDecoded = 10_000;

/**
 * Reads a directory message from the store.
 *
 * @throws {@link BuildError} `BLOB_LOST` when it is missing or damaged.
 */
export async function readDirectory(content: ContentStore, digest: Digest): Promise<Directory> {
  // Layers come and go with actions. A cache for each would cost more than it saves.
  if (content instanceof LayeredContent) {
    return content.isInFront(digest)
      ? decodeDirectory(await content.read(digest))
      : await readDirectory(content.behind, digest);
  }
  const cache = decoded.get(content) ?? (await makeCache(content));
  const known = cache.get(digest);
  if (known !== undefined) return known;
  const message = await (content.readDirectory?.(digest) ?? content.read(digest));
  const directory = decodeDirectory(message);
  cache.set(digest, directory);
  return directory;
}

/** Keeps a directory message in the store; by way of something that collects what is written, if any. */
export async function writeDirectory(
  content: ContentStore,
  directory: Directory,
  way: Pick<ContentStore, "write"> = content,
): Promise<Digest> {
  const digest = await way.write(encodeDirectory(directory));
  const cache = decoded.get(content) ?? (await makeCache(content));
  cache.set(digest, directory);
  return digest;
}

/** The entry of that name in a directory. */
export function findEntry(directory: Directory, name: string): Entry | undefined {
  let entries = entriesByName.get(directory);
  if (entries === undefined) entriesByName.set(directory, (entries = indexEntries(directory)));
  return entries.get(name);
}

/** Made when a directory is first searched: one of 10,000 entries may be searched 10,000 times. */
const entriesByName = new WeakMap<Directory, ReadonlyMap<string, Entry>>();

function indexEntries({ files, directories, symlinks }: Directory): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const { name, digest, isExecutable } of files) {
    entries.set(name, { type: "file", digest, isExecutable });
  }
  for (const { name, digest } of directories) entries.set(name, { type: "directory", digest });
  for (const { name, target } of symlinks) entries.set(name, { type: "symlink", target });
  return entries;
}

/** True when two entries are alike in all that a tree's digest covers. */
export function isSameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  switch (a?.type) {
    case undefined:
      return b === undefined;
    case "file":
      return b?.type === "file" && a.digest === b.digest && a.isExecutable === b.isExecutable;
    case "directory":
      return b?.type === "directory" && a.digest === b.digest;
    case "symlink":
      return b?.type === "symlink" && a.target === b.target;
  }
}

/** The entry at a path in a tree; `undefined` when there is none. Links on the way are not followed. */
export async function entryAt(
  content: ContentStore,
  tree: Digest,
  path: ArtifactPath,
): Promise<Entry | undefined> {
  let entry: Entry | undefined = { type: "directory", digest: tree };
  for (const segment of segmentsOf(path)) {
    if (entry?.type !== "directory") return undefined;
    entry = findEntry(await readDirectory(content, entry.digest), segment);
  }
  return entry;
}

/** Visits every entry of a tree, folders before what is in them. */
export async function* walkTree(
  content: ContentStore,
  tree: Digest,
  path = "",
): AsyncGenerator<{ readonly path: string; readonly entry: Entry }, void> {
  const { files, directories, symlinks } = await readDirectory(content, tree);
  const at = (name: string): string => (path === "" ? name : `${path}/${name}`);
  for (const { name, digest, isExecutable } of files) {
    yield { path: at(name), entry: { type: "file", digest, isExecutable } };
  }
  for (const { name, target } of symlinks)
    yield { path: at(name), entry: { type: "symlink", target } };
  for (const { name, digest } of directories) {
    yield { path: at(name), entry: { type: "directory", digest } };
    yield* walkTree(content, digest, at(name));
  }
}

/**
 * Loaded only when needed: a build in which nothing has changed reads no directory, but for the few that dynamic stages
 * want, and those it has in memory anyway.
 */
async function makeCache(content: ContentStore): Promise<DirectoryCache> {
  if (content instanceof RememberingContent) {
    const few = new Map<Digest, Directory>();
    const cache: DirectoryCache = {
      get: (digest) => few.get(digest),
      set: (digest, directory) => few.size < maxDecoded && few.set(digest, directory),
    };
    decoded.set(content, cache);
    return cache;
  }
  const { LRUCache } = await import("lru-cache");
  // Somebody else may have made one meanwhile.
  const cache = decoded.get(content) ?? new LRUCache<Digest, Directory>({ max: maxDecoded });
  decoded.set(content, cache);
  return cache;
}
