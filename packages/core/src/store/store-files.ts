/**
 * Files of a store: each is written under a temporary name and renamed, so it is there as a whole or not
 * at all.
 *
 *     cas/<hh>/<hash>     hh: the first two digits of the hash
 *     ac/<hh>/<hash>
 *     tmp/<holder>-<uuid>
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";

import { storeUnwritable } from "../errors/store-errors.ts";
import { makeFolder } from "./folder.ts";
import { ownHolder } from "./holder.ts";
import { isSystemError } from "./system-error.ts";

/** The two kinds of content, by their folders. */
export type Half = "ac" | "cas";

/** Mode of everything kept in files: nobody has a reason to write to it. */
export const keptMode = 0o444;

/** Where the files of a store lie, and how they get there. */
export class StoreFiles {
  readonly directory: string;
  readonly #madeFolders = new Set<string>();

  /** @param directory - Absolute. Made when something is first written. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** The path of a file, which may not be there. */
  path(half: Half, hash: string): string {
    return join(this.directory, half, hash.slice(0, 2), hash);
  }

  /** A new path on the store's file system, for work that will be moved in or thrown away. */
  temporaryPath(): string {
    return join(this.folder("tmp"), `${ownHolder()}-${randomUUID()}`);
  }

  /** A folder of the store, which is made when it is missing. */
  folder(name: string): string {
    const folder = join(this.directory, name);
    if (!this.#madeFolders.has(folder)) {
      makeFolder(folder);
      this.#madeFolders.add(folder);
    }
    return folder;
  }

  /** Keeps a file. Throws `STORE_UNWRITABLE`. */
  publish(half: Half, hash: string, bytes: Uint8Array): void {
    this.guard(() => {
      const temporary = this.temporaryPath();
      try {
        fs.writeFileSync(temporary, bytes, { mode: keptMode, flag: "wx" });
        this.moveIn(temporary, half, hash);
      } catch (error) {
        fs.rmSync(temporary, { force: true });
        throw error;
      }
    });
  }

  /** Gives a temporary file its place. Throws the error of doing so. */
  moveIn(temporary: string, half: Half, hash: string): void {
    fs.renameSync(temporary, join(this.folder(join(half, hash.slice(0, 2))), hash));
  }

  /** Folders may have been removed: makes them again when they are next needed. */
  forgetFolders(): void {
    this.#madeFolders.clear();
  }

  /** Runs a write. If a folder of the store was removed meanwhile, makes it again, once. */
  guard<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (error.code !== "ENOENT") throw storeUnwritable(this.directory, error);
    }
    try {
      this.forgetFolders();
      return write();
    } catch (error) {
      throw isSystemError(error) ? storeUnwritable(this.directory, error) : error;
    }
  }
}
