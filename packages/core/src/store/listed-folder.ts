/**
 * Folders of a snapshot, between being listed and being kept: what is in them, as far as it is known by now.
 *
 * @module
 */
import type { SymlinkNode } from "../artifact/directory.ts";
import type { Digest } from "../digest/digest.ts";
import type { Job } from "./many-files.ts";
import type { TakenFile } from "./taking.ts";

/** A folder in a folder. */
interface ListedDirectory {
  readonly name: string;
  readonly digest: Promise<Digest>;
  /** False when it does not belong to the tree without something in it. */
  readonly belongs: boolean;
}

/** A folder whose files are being taken. */
export class ListedFolder {
  /** Relative to the source's directory. */
  readonly path: string;
  /** Absolute. */
  readonly full: string;
  readonly files: ListedFile[] = [];
  readonly directories: ListedDirectory[] = [];
  readonly symlinks: SymlinkNode[] = [];
  #missing = 0;
  #complete: () => void = () => undefined;

  constructor(path: string, full: string) {
    this.path = path;
    this.full = full;
  }

  /** Adds a file that is not taken yet. */
  add(name: string): ListedFile {
    const file = new ListedFile(this, name);
    this.files.push(file);
    this.#missing++;
    return file;
  }

  /** Takes note that one more of the files is taken. */
  settle(): void {
    if (--this.#missing === 0) this.#complete();
  }

  /** Resolves when all files are taken. To be called when all are added. */
  async taken(): Promise<void> {
    if (this.#missing > 0) await new Promise<void>((resolve) => (this.#complete = resolve));
  }
}

/** A file of a folder, which is to be taken. */
export class ListedFile implements Job {
  readonly #folder: ListedFolder;
  readonly name: string;
  #taken: TakenFile | undefined;

  constructor(folder: ListedFolder, name: string) {
    this.#folder = folder;
    this.name = name;
  }

  /** Absolute. */
  get path(): string {
    return `${this.#folder.full}/${this.name}`;
  }

  /** What came of taking it. */
  get taken(): TakenFile | undefined {
    return this.#taken;
  }

  take(file: TakenFile): void {
    this.#taken = file;
    this.#folder.settle();
  }
}
