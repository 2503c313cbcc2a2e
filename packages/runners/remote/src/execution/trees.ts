/**
 * Trees that services send: one message with all directories becomes directories of the store.
 *
 * Others may write them in any order, and in an encoding that is not the canonical one. So each directory is written anew
 * from below, and the digest of the root is ours. Where the service wrote canonically, all digests are its own.
 *
 * @module
 */
import { posix } from "node:path";

import {
  BuildError,
  decodeTree,
  digestBytes,
  emptyDigest,
  encodeDirectory,
  type Digest,
  type Directory,
} from "@ashlar/core";

/** A tree that is understood. */
export interface ForeignTree {
  /** Of the root directory. */
  readonly digest: Digest;
  /** The directories, by their digests. */
  readonly directories: ReadonlyMap<Digest, Buffer>;
  /** The blobs of all files. */
  readonly files: ReadonlySet<Digest>;
  /** Why it cannot be kept, in one clause: a link that leads out of it. */
  readonly fault: string | undefined;
}

/**
 * Reads a `Tree`.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE` when the bytes are none, or leave out a directory.
 */
export function readTree(message: Uint8Array): ForeignTree {
  const { root, children } = decodeTree(message);
  const directories = new Map<Digest, Buffer>();
  const files = new Set<Digest>();
  const done = new Map<string, Digest>();
  let fault: string | undefined;
  const keep = (directory: Directory, path: string, depth: number): Digest => {
    for (const { digest } of directory.files) files.add(digest);
    for (const { name, target } of directory.symlinks) {
      if (leadsOut(target, depth)) fault ??= `\`${join(path, name)}\` is a link to \`${target}\``;
    }
    const below = directory.directories.map(({ name, digest }) => {
      // What lies in it is the same wherever it stands, but how far links may lead up is not.
      const place = `${digest} ${depth + 1}`;
      const known = done.get(place);
      if (known !== undefined) return { name, digest: known };
      const kept = keep(find(digest, children), join(path, name), depth + 1);
      done.set(place, kept);
      return { name, digest: kept };
    });
    const bytes = encodeDirectory({ ...directory, directories: below });
    const digest = digestBytes(bytes);
    directories.set(digest, bytes);
    return digest;
  };
  const digest = keep(root, "", 0);
  return { digest, directories, files, fault };
}

function find(digest: Digest, children: ReadonlyMap<Digest, Directory>): Directory {
  if (digest === emptyDigest) return { files: [], directories: [], symlinks: [] };
  const found = children.get(digest);
  if (found !== undefined) return found;
  throw new BuildError({
    code: "MALFORMED_MESSAGE",
    message: "a `Tree` names a directory that it does not hold",
    facts: { digest },
  });
}

/** @param depth - How many directories of the tree the link lies in, besides the root. */
function leadsOut(target: string, depth: number): boolean {
  if (posix.isAbsolute(target)) return true;
  const up = posix
    .normalize(target)
    .split("/")
    .findIndex((segment) => segment !== "..");
  return (up === -1 ? posix.normalize(target).split("/").length : up) > depth;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}
