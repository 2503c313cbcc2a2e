/**
 * Rooms: the directories of one action, kept for the next where its command left them as they were.
 *
 *     root/     the input root          kept if it holds what was laid, and outputs (`laid-root.ts`)
 *     home/     HOME                    kept if it is empty
 *     tmp/      TMPDIR                  kept if it is empty
 *     bin/      links to tools          kept if it holds what we put there
 *
 * Making and removing directories costs more than a short command. Where it cannot be told that nobody is
 * left in a room, as on systems without /proc, it is for one action only.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import {
  BuildError,
  materializeTree,
  type Action,
  type ContentStore,
  type RunContext,
} from "@ashlar/core";

import { LaidRoot } from "./laid-root.ts";
import { hasRested, isSameLook } from "./look.ts";
import { makeOutputParents } from "./outputs.ts";
import { lastProcess, mayHaveSurvivors } from "./survivors.ts";

/** What each room holds. */
const names = ["bin", "home", "root", "tmp"];

/** Modification time of every input, in seconds since 1970. Times are not content, so all are equal. */
const inputTime = 1;

/** A place for one action at a time. */
export class Room {
  /** Absolute. */
  readonly folder: string;
  /** Type and permissions of its directories. */
  readonly #mode: number;
  /** What `bin` holds: targets of links by their names. */
  readonly #links = new Map<string, string>();
  /** How directories looked when they held what they are to hold, and nothing had changed for a while. */
  readonly #looks = new Map<string, fs.Stats>();
  readonly #laid: LaidRoot;
  #isKeepable = false;
  /** Whether no process can be left. */
  #isEmpty = false;
  #action: Action | undefined;
  #lastProcess: number | undefined;

  /** Makes the directories of a room. @param folder - Absolute, not there yet. */
  constructor(folder: string) {
    this.folder = folder;
    fs.mkdirSync(folder);
    for (const name of names) fs.mkdirSync(join(folder, name));
    this.#mode = fs.statSync(folder).mode;
    this.#laid = new LaidRoot(join(folder, "root"));
  }

  /**
   * Lays out the inputs of an action, and the parents of its outputs.
   *
   * @throws {@link BuildError} `BLOB_LOST`.
   */
  async lay(action: Action, { content, signal }: RunContext): Promise<void> {
    const root = join(this.folder, "root");
    this.#isKeepable = false;
    this.#isEmpty = false;
    this.#action = action;
    if (await this.#layOver(content, action)) {
      this.#isKeepable = true;
      this.#lastProcess = lastProcess();
      return;
    }
    fs.rmSync(root, { recursive: true, force: true });
    fs.mkdirSync(root);
    await materializeTree(content, action.inputRoot, root, {
      writable: (path) =>
        action.writablePaths.some((base) => base === "" || `${path}/`.startsWith(`${base}/`)),
      mtime: inputTime,
      signal,
    });
    makeOutputParents(root, action);
  }

  /**
   * Leaves only these links in `bin`, and makes those that are not there.
   *
   * @param folder - Where the room is at the moment.
   */
  link(wanted: ReadonlyMap<string, string>, folder: string): void {
    const bin = join(folder, "bin");
    for (const [name, target] of this.#links) {
      if (wanted.get(name) === target) continue;
      this.#looks.delete("bin");
      fs.unlinkSync(join(bin, name));
      this.#links.delete(name);
    }
    for (const [name, target] of wanted) {
      if (this.#links.has(name)) continue;
      this.#looks.delete("bin");
      fs.symlinkSync(target, join(bin, name));
      this.#links.set(name, target);
    }
  }

  /** To be called when an action does with its room what is not followed here. */
  forgo(): void {
    this.#isKeepable = false;
  }

  /** To be called when it is known that no process is left that the action has started. */
  trust(): void {
    this.#isEmpty = true;
  }

  /** Makes ready for the next action. False if the room can only be removed. */
  renew(): boolean {
    try {
      return (
        this.#isKeepable &&
        this.#action !== undefined &&
        this.#isUntouched() &&
        this.#laid.clear(this.#action) &&
        (this.#isEmpty || !mayHaveSurvivors(this.#lastProcess, this.folder))
      );
    } catch {
      return false;
    }
  }

  async #layOver(content: ContentStore, action: Action): Promise<boolean> {
    try {
      return await this.#laid.lay(content, action, inputTime);
    } catch (error) {
      if (error instanceof BuildError) throw error;
      // Something is otherwise than we left it. All is made anew.
      return false;
    }
  }

  #isUntouched(): boolean {
    return (
      this.#isAsItWas("", () => equal(this.#list(""), names)) &&
      this.#isAsItWas("home", () => this.#list("home").length === 0) &&
      this.#isAsItWas("tmp", () => this.#list("tmp").length === 0) &&
      this.#isAsItWas("bin", () => this.#holdsLinks())
    );
  }

  /** Whether a directory is one as we made it, and holds what it is to hold. Lists it only if it looks otherwise. */
  #isAsItWas(name: string, holdsWhatItShould: () => boolean): boolean {
    const now = Date.now();
    const stats = fs.lstatSync(`${this.folder}/${name}`);
    const earlier = this.#looks.get(name);
    if (earlier !== undefined && isSameLook(stats, earlier)) return true;
    this.#looks.delete(name);
    if (!stats.isDirectory() || stats.mode !== this.#mode || !holdsWhatItShould()) return false;
    if (hasRested(stats, now)) this.#looks.set(name, stats);
    return true;
  }

  #holdsLinks(): boolean {
    const bin = join(this.folder, "bin");
    return (
      equal(this.#list("bin"), [...this.#links.keys()]) &&
      [...this.#links].every(([name, target]) => fs.readlinkSync(join(bin, name)) === target)
    );
  }

  #list(name: string): string[] {
    return fs.readdirSync(join(this.folder, name));
  }
}

function equal(some: readonly string[], others: readonly string[]): boolean {
  return some.toSorted().join("/") === others.toSorted().join("/");
}
