/**
 * A layer of moved files: over a directory that is a copy for this command alone, as runners without a sandbox make.
 *
 * Links would be written through. So the files themselves change place, and what looks afterwards as it did before
 * is not the command's own.
 *
 * @module
 */
import { chmodSync, lstatSync, mkdirSync, renameSync, unlinkSync, type Stats } from "node:fs";
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
        renameSync(from, to);
        const { mode } = lstatSync(to);
        if (kind === "file") chmodSync(to, mode | 0o200);
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
