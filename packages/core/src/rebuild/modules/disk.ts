/**
 * The disk, as one walk over modules sees it: whatever was looked at is noted, what was not there too.
 *
 * @module
 */
import * as fs from "node:fs";
import { dirname, join } from "node:path";

import type { Digest } from "../../digest/digest.ts";
import { sourceUnreadable } from "../../errors/source-errors.ts";
import type { Fingerprints } from "../../store/fingerprints.ts";
import type { ContentStore } from "../../store/store.ts";
import type { Manifest } from "./package-target.ts";

/** A manifest, and the folder that it speaks for. */
export interface PackageScope {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Looks at files, and takes notes of it. All paths are absolute. */
export class NotedDisk {
  readonly #content: ContentStore;
  readonly #seen: Fingerprints;
  readonly #manifests = new Map<string, Manifest | undefined>();

  constructor(content: ContentStore, seen: Fingerprints) {
    this.#content = content;
    this.#seen = seen;
  }

  /** What there is at a path, links followed. */
  look(path: string): "file" | "folder" | undefined {
    const stats = this.#stat(path, fs.lstatSync);
    this.#seen.other(path, stats);
    const found = stats?.isSymbolicLink() === true ? this.#stat(path, fs.statSync) : stats;
    if (found?.isDirectory() === true) return "folder";
    return found?.isFile() === true ? "file" : undefined;
  }

  /** The path without links. */
  real(path: string): string {
    return attempt(path, () => fs.realpathSync(path));
  }

  /** Takes a file into the store. What was read is what is kept. */
  async take(path: string): Promise<{
    readonly bytes: Buffer;
    readonly digest: Digest;
    readonly isExecutable: boolean;
  }> {
    const stats = attempt(path, () => fs.lstatSync(path));
    const bytes = attempt(path, () => fs.readFileSync(path));
    const digest = await this.#content.write(bytes);
    this.#seen.file(path, stats, digest);
    return { bytes, digest, isExecutable: (stats.mode & 0o111) !== 0 };
  }

  /** The package that a file belongs to, and its manifest. */
  scopeOf(path: string): PackageScope | undefined {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const manifest = this.manifestIn(folder);
      if (manifest !== undefined) return { folder, manifest };
      if (folder === dirname(folder) || folder.endsWith("/node_modules")) return undefined;
    }
  }

  /** The manifest in a folder, if there is one that can be read. */
  manifestIn(folder: string): Manifest | undefined {
    const path = join(folder, "package.json");
    if (this.#manifests.has(path)) return this.#manifests.get(path);
    const manifest = this.look(path) === "file" ? parseManifest(path) : undefined;
    this.#manifests.set(path, manifest);
    return manifest;
  }

  #stat(path: string, stat: typeof fs.lstatSync): fs.Stats | undefined {
    try {
      return stat(path, { throwIfNoEntry: false });
    } catch (error) {
      // Something on the way is a file.
      if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return undefined;
      throw sourceUnreadable(path, error);
    }
  }
}

function parseManifest(path: string): Manifest {
  const text = attempt(path, () => fs.readFileSync(path, "utf8"));
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch (error) {
    throw sourceUnreadable(path, error);
  }
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw sourceUnreadable(path, error);
  }
}
