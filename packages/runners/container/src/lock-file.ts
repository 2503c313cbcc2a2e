/**
 * The lock file: which image each name stands for, written down once.
 *
 *     { "version": 1, "images": { "debian:12 linux/amd64": { "digest": "debian@sha256:…", … } } }
 *
 * It is for version control: sorted, and changed only when a name is resolved that is not in it.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

import { lockUnreadable } from "./errors.ts";

/** What a name was resolved to. */
export interface LockedImage {
  /** `name@sha256:…` of a registry, or `sha256:…`, the id of an image that is in none. */
  readonly digest: string;
  /** What it is for: `linux/amd64`. */
  readonly platform: string;
}

/** One lock file. */
export class LockFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * What a name stands for, for a platform.
   *
   * @throws {@link BuildError} `CONTAINER_IMAGE_LOCK` when the file is none.
   */
  read(image: string, platform: string): LockedImage | undefined {
    return this.#read()[keyOf(image, platform)];
  }

  /** Adds a name. */
  add(image: string, locked: LockedImage): void {
    const images = { ...this.#read(), [keyOf(image, locked.platform)]: locked };
    const sorted = Object.fromEntries(
      Object.entries(images).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    // Whole or not at all: other builds may read it, or add to it.
    const mine = `${this.path}.${randomUUID()}`;
    writeFileSync(mine, `${JSON.stringify({ version: 1, images: sorted }, undefined, 2)}\n`);
    renameSync(mine, this.path);
  }

  #read(): Readonly<Record<string, LockedImage>> {
    if (!existsSync(this.path)) return {};
    let parsed: unknown;
    try {
      parsed = JSON.parse(readFileSync(this.path, "utf8"));
    } catch (error) {
      throw lockUnreadable(this.path, error instanceof Error ? error.message : String(error));
    }
    if (!isLock(parsed)) throw lockUnreadable(this.path, "it is not of version 1");
    return parsed.images;
  }
}

/** A name may stand for images of several platforms. */
function keyOf(image: string, platform: string): string {
  return `${image} ${platform}`;
}

function isLock(value: unknown): value is { images: Record<string, LockedImage> } {
  if (typeof value !== "object" || value === null) return false;
  const { version, images } = value as { version?: unknown; images?: unknown };
  if (version !== 1 || typeof images !== "object" || images === null) return false;
  return Object.values(images).every(
    (each: Partial<LockedImage> | null) =>
      typeof each?.digest === "string" && typeof each.platform === "string",
  );
}
