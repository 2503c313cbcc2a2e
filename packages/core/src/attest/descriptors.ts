/**
 * Descriptors: how files, trees, tools and images are named to others.
 *
 * @module
 */
import { isAbsolute, relative, sep } from "node:path";

import { shownUrl } from "../artifact/fetch.ts";
import type { SourceOrigin } from "../artifact/handle.ts";
import { baseName, parsePath, type ArtifactPath } from "../artifact/path.ts";
import { sortedBy } from "../base/order.ts";
import { digestBytes, hashOf, type Digest } from "../digest/digest.ts";
import type { Value } from "../runner/runner.ts";
import { entryAt, walkTree } from "../store/directories.ts";
import type { ContentStore } from "../store/store.ts";
import type { ResourceDescriptor, Subject } from "./statement.ts";

/** Files of a tree by their paths, in the order of these. Links and directories are none. */
async function filesOf(
  content: ContentStore,
  tree: Digest,
): Promise<readonly { readonly path: string; readonly digest: Digest }[]> {
  const files: { readonly path: string; readonly digest: Digest }[] = [];
  for await (const { path, entry } of walkTree(content, tree)) {
    if (entry.type === "file") files.push({ path, digest: entry.digest });
  }
  return sortedBy(files, ({ path }) => path);
}

/**
 * Digests of a tree as a whole. `reapiDirectory` covers all of it, as keys do; `dirHash1` is what
 * `sha256sum` can compute, and covers paths and contents of files only.
 */
async function treeDigests(content: ContentStore, tree: Digest): Promise<Record<string, string>> {
  const files = await filesOf(content, tree);
  const digests = { reapiDirectory: hashOf(tree) };
  // That algorithm has no way to write such a name down.
  if (files.some(({ path }) => path.includes("\n"))) return digests;
  const lines = files.map(({ path, digest }) => `${hashOf(digest)}  ${path}\n`).join("");
  return { dirHash1: hashOf(digestBytes(Buffer.from(lines))), ...digests };
}

/** What a statement about an artifact is about. */
export async function subjectsOf(
  content: ContentStore,
  name: string,
  value: Value,
  style: "files" | "tree",
): Promise<readonly Subject[]> {
  if (value.kind === "file") return [{ name, digest: { sha256: hashOf(value.digest) } }];
  const files = style === "files" ? await filesOf(content, value.digest) : [];
  // A tree without any file is still something.
  if (files.length === 0) return [{ name, digest: await treeDigests(content, value.digest) }];
  return files.map(({ path, digest }) => ({ name: path, digest: { sha256: hashOf(digest) } }));
}

/** A source, or a file that was fetched. */
export async function describeSource(
  content: ContentStore,
  { location, fetch, file, modules }: SourceOrigin,
  value: Value,
  cwd: string,
): Promise<ResourceDescriptor> {
  if (fetch !== undefined) {
    const [url = ""] = fetch.urls;
    const digest = { sha256: fetch.sha256 ?? "" };
    return { name: fetch.name, uri: shownUrl(url), digest };
  }
  const place = placeOf(location, cwd);
  if (file === undefined || modules !== undefined) {
    const digest = await treeDigests(content, value.digest);
    return { name: `source ${file === undefined ? place : within(place, file)}`, digest };
  }
  const entry = await entryAt(content, value.digest, parsePath(file));
  const digest =
    entry?.type === "file"
      ? { sha256: hashOf(entry.digest) }
      : await treeDigests(content, value.digest);
  return { name: `source ${within(place, file)}`, digest };
}

/** Where a source lies, without what tells one checkout from another. */
export function placeOf(location: string, cwd: string): string {
  if (!isAbsolute(location)) return location;
  const way = relative(cwd, location);
  if (way === "") return ".";
  const isOutside = way === ".." || way.startsWith(`..${sep}`);
  return isOutside ? baseName(location as ArtifactPath) : way.replaceAll(sep, "/");
}

/** A path below a place. */
export function within(place: string, file: string): string {
  return place === "." || place === "" ? file : `${place}/${file}`;
}

/** A program of the machine that commands ran on. */
export function describeTool(name: string, identity: string): ResourceDescriptor {
  const [, sha256] = /^([0-9a-f]{64})\/\d+$/.exec(identity) ?? [];
  return {
    name: `tool ${name}`,
    uri: `pkg:generic/${encodeURIComponent(name)}`,
    ...(sha256 === undefined
      ? { annotations: { ashlar_version: identity } }
      : { digest: { sha256 } }),
  };
}

/** What commands ran in, by what the runner calls it: `docker://sha256:…`, `tree://…`, `archive://…`. */
export function describeImage(identity: string): ResourceDescriptor {
  const [, kind, hash] =
    /^([a-z]+):\/\/(?:.*sha256:)?([0-9a-f]{64})(?:\/\d+)?$/.exec(identity) ?? [];
  const algorithm = kind === "tree" ? "reapiDirectory" : "sha256";
  return {
    name: "image",
    uri: /^[a-z]+:\/\//.test(identity)
      ? identity
      : `urn:ashlar:image:${encodeURIComponent(identity)}`,
    ...(hash !== undefined && { digest: { [algorithm]: hash } }),
  };
}

/** A text that the script holds, or what a command has printed. */
export function describeBlob(name: string, digest: Digest, mediaType?: string): ResourceDescriptor {
  return {
    name,
    digest: { sha256: hashOf(digest) },
    ...(mediaType !== undefined && { mediaType }),
  };
}
