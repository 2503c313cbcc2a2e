/**
 * A layer of links: over a directory that cannot be written to.
 *
 * Cargo reads through links, and puts new files in the place of old ones. What it does write into is a folder
 * of a unit that must be compiled or run again. That is refused here; of external crates there should be none,
 * and where there is one, all begins again with copies.
 *
 * @module
 */
import {
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  type Dirent,
} from "node:fs";
import { join, relative } from "node:path";

import { MARKER } from "./deps-marker.ts";
import { removeEmpty, type Layer } from "./layer.ts";
import { copyFile, copyTree, forgetTimes } from "./tree.ts";

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
  /** Names of links, by the folder that they are in; relative to both directories. */
  readonly #links = new Map<string, Set<string>>();
  /** Folders, parents first; relative to both directories. */
  readonly #folders: string[] = [];

  /**
   * Lays links to all that is in `base`, where `target` has nothing of its own. Both are folders.
   *
   * @param isCopied - What is no link, but a copy of its own.
   */
  constructor(base: string, target: string, isCopied: (path: string) => boolean = () => false) {
    this.#base = base;
    this.#target = target;
    this.#lay("", relative(target, base), isCopied);
  }

  hasRefused(said: readonly string[]): boolean {
    const isTesting = said.some((line) => TESTING.test(line));
    return this.#links.size > 0 && !isTesting && said.some((line) => REFUSED.test(line));
  }

  copy(): void {
    this.#links.clear();
    this.#folders.length = 0;
    rmSync(this.#target, { recursive: true });
    copyTree(this.#base, this.#target);
    forgetTimes(this.#target);
  }

  settle(): void {
    for (const path of this.#takeLinks()) {
      const [from, place] = [join(this.#base, path), join(this.#target, path)];
      if (statSync(from).isDirectory()) copyTree(from, place);
      else copyFile(from, place);
    }
    this.#folders.length = 0;
  }

  remove(): void {
    this.#takeLinks();
    removeEmpty(this.#target, this.#folders.splice(0));
  }

  /**
   * Lays one folder. There are hundreds of links, and the command waits for them: so each folder is listed, and no
   * entry is looked at by itself.
   *
   * @param way - From the folder of the target directory to the base.
   */
  #lay(folder: string, way: string, isCopied: (path: string) => boolean): void {
    const [from, to] = [`${this.#base}/${folder}`, `${this.#target}/${folder}`];
    const isNew = mkdirSync(to, { recursive: true }) !== undefined;
    const own = new Set(isNew ? [] : readdirSync(to));
    const links = new Set<string>();
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      const { name } = entry;
      const path = `${folder}${name}`;
      if (path === MARKER) continue;
      if (entry.isDirectory() && !LINKED_FOLDER.test(path)) {
        this.#folders.push(path);
        this.#lay(`${path}/`, `../${way}`, isCopied);
      } else if (own.has(name)) {
        // What is there comes first.
      } else if (isCopied(path)) {
        if (entry.isDirectory()) copyTree(`${from}${name}`, `${to}${name}`);
        else copyFile(`${from}${name}`, `${to}${name}`);
        forgetTimes(`${to}${name}`);
      } else {
        symlinkSync(`${way}/${path}`, `${to}${name}`);
        links.add(name);
      }
    }
    if (links.size > 0) this.#links.set(folder, links);
  }

  /** Takes away all links that are still there: what took the place of one is the command's own. Returns their paths. */
  #takeLinks(): readonly string[] {
    const taken: string[] = [];
    for (const [folder, links] of this.#links) {
      for (const entry of entriesIn(`${this.#target}/${folder}`)) {
        if (!entry.isSymbolicLink() || !links.has(entry.name)) continue;
        unlinkSync(`${this.#target}/${folder}${entry.name}`);
        taken.push(`${folder}${entry.name}`);
      }
    }
    this.#links.clear();
    return taken;
  }
}

/** None where the command has taken the folder away. */
function entriesIn(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
