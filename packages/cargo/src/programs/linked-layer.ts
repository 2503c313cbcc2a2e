/**
 * A layer of links: over a directory that cannot be written to.
 *
 * Cargo reads through links, and puts new files in the place of old ones. What it does write into is a folder
 * of a unit that must be compiled or run again. That is refused here; of external crates there should be none,
 * and where there is one, all begins again with copies.
 *
 * @module
 */
import { lstatSync, mkdirSync, rmSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { MARKER } from "./deps-marker.ts";
import { removeEmpty, type Layer } from "./layer.ts";
import { copyFile, copyTree, forgetTimes, walk } from "./tree.ts";

/**
 * Folders that are linked as a whole: what cargo knows of a unit, and what a build script has written. Beside
 * the latter lies the script itself under two names, which cargo makes one file where they are two.
 */
const LINKED_FOLDER = /(^|\/)(\.fingerprint\/[^/]+|build\/[^/]+\/[^/]+)$/;

/** What cargo prints when it wants to write to what was linked. */
const REFUSED = /Read-only file system|Permission denied|os error (13|30)\b/;

/** What it prints once all is compiled, and tests begin: what is refused to those is their own affair. */
const TESTING = /^\s*(Running|Doc-tests|Starting) /;

/** The links of one target directory. */
export class LinkedLayer implements Layer {
  readonly #base: string;
  readonly #target: string;
  /** Paths of links, and of folders, parents first; relative to both directories. */
  readonly #links: string[] = [];
  readonly #folders: string[] = [];

  /**
   * Lays links to all that is in `base`, where `target` has nothing of its own. Both are folders.
   *
   * @param isCopied - What is no link, but a copy of its own.
   */
  constructor(base: string, target: string, isCopied: (path: string) => boolean = () => false) {
    this.#base = base;
    this.#target = target;
    mkdirSync(target, { recursive: true });
    for (const { path, kind } of walk(base, (inner) => LINKED_FOLDER.test(dirname(inner)))) {
      if (path === MARKER) continue;
      if (kind === "directory" && !LINKED_FOLDER.test(path)) {
        mkdirSync(join(target, path), { recursive: true });
        this.#folders.push(path);
      } else if (lstatSync(join(target, path), { throwIfNoEntry: false }) === undefined) {
        const to = join(base, path);
        if (isCopied(path)) {
          if (kind === "directory") copyTree(to, join(target, path));
          else copyFile(to, join(target, path));
          forgetTimes(join(target, path));
          continue;
        }
        symlinkSync(relative(dirname(join(target, path)), to), join(target, path));
        this.#links.push(path);
      }
    }
  }

  hasRefused(said: readonly string[]): boolean {
    const isTesting = said.some((line) => TESTING.test(line));
    return this.#links.length > 0 && !isTesting && said.some((line) => REFUSED.test(line));
  }

  copy(): void {
    this.#links.length = 0;
    this.#folders.length = 0;
    rmSync(this.#target, { recursive: true });
    copyTree(this.#base, this.#target);
    forgetTimes(this.#target);
  }

  settle(): void {
    for (const path of this.#links.splice(0)) {
      const [from, place] = [join(this.#base, path), join(this.#target, path)];
      if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
      unlinkSync(place);
      if (statSync(from).isDirectory()) copyTree(from, place);
      else copyFile(from, place);
    }
    this.#folders.length = 0;
  }

  remove(): void {
    for (const path of this.#links.splice(0)) {
      const place = join(this.#target, path);
      // What took the place of a link is the command's own.
      if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true) unlinkSync(place);
    }
    removeEmpty(this.#target, this.#folders.splice(0));
  }
}
