/**
 * A layer of moved files: over a directory that is a copy for this command alone, as runners without a sandbox make.
 *
 * Links would be written through. So the files themselves change place, and what looks afterwards as it did before
 * is not the command's own.
 *
 * @module
 */
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  renameSync,
  unlinkSync,
  utimesSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";

import { MARKER } from "./deps-marker.ts";
import { removeEmpty, type Layer } from "./layer.ts";
import { walk } from "./tree.ts";

/** The files of one target directory that come from another one. */
export class MovedLayer implements Layer {
  readonly #target: string;
  /** How they looked, by their paths. */
  readonly #moved = new Map<string, Stats>();
  readonly #folders: string[] = [];

  /** Moves all that is in `base` to where `target` has nothing of its own. Both are folders on one disk. */
  constructor(base: string, target: string) {
    this.#target = target;
    mkdirSync(target, { recursive: true });
    for (const { path, kind } of walk(base)) {
      if (path === MARKER) continue;
      const [from, to] = [join(base, path), join(target, path)];
      if (kind === "directory") {
        mkdirSync(to, { recursive: true });
        this.#folders.push(path);
      } else if (lstatSync(to, { throwIfNoEntry: false }) === undefined) {
        take(from, to);
        this.#moved.set(path, lstatSync(to));
      }
    }
  }

  hasRefused(): boolean {
    return false;
  }

  copy(): void {
    throw new Error("bug: what was moved may be written to");
  }

  settle(): void {
    this.#moved.clear();
    this.#folders.length = 0;
  }

  remove(): void {
    for (const [path, { ino, size, mtimeMs }] of this.#moved) {
      const place = join(this.#target, path);
      const now = lstatSync(place, { throwIfNoEntry: false });
      if (now?.ino === ino && now.size === size && now.mtimeMs === mtimeMs) unlinkSync(place);
    }
    this.#moved.clear();
    removeEmpty(this.#target, this.#folders.splice(0));
  }
}

/** Moves a file, to be written to. One that has other names is somebody else's, too, and is copied. */
function take(from: string, to: string): void {
  const stats = lstatSync(from);
  if (!stats.isFile()) return renameSync(from, to);
  if (stats.nlink > 1) {
    copyFileSync(from, to);
    utimesSync(to, stats.mtime, stats.mtime);
  } else {
    renameSync(from, to);
  }
  chmodSync(to, stats.mode | 0o200);
}
