/**
 * Claims on a disk: which process runs which action.
 *
 *     claims/<holder>-<uuid>    holder's name; made once by a build that runs something
 *     claims/<hash of a key>    a hard link to it: the action is being run
 *
 * A link is made in one step, with its content, by one process only, and costs a third of a file that is
 * written. It outlives a process that is killed; whoever finds it then sees that its holder is dead.
 *
 * Claims save work; nothing relies on them. Where it cannot be told who has one, because they are on
 * another host, or files cannot be linked, everybody runs what they need.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";

import type { Clock } from "../base/clock.ts";
import { hashOf } from "../digest/digest.ts";
import type { ActionKey } from "../graph/action.ts";
import { makeFolder } from "./folder.ts";
import { ownHolder, stateOf } from "./holder.ts";
import type { Claims } from "./store.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";

/** How often those who wait look whether a holder has died. Its end in good order is heard at once. */
const lookMs = 250;

/** Of whoever may run an action without having said so. */
const unclaimed: Disposable = { [Symbol.dispose]: () => {} };

/** Claims in a folder of a store. */
export class DiskClaims implements Claims {
  readonly #folder: string;
  /** The file that claims are links to, once there is one. */
  #own: string | undefined;
  #held = 0;
  /** Those who wait, by the names of the claims. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #watcher: fs.FSWatcher | undefined;

  /** @param directory - The store's. */
  constructor(directory: string) {
    this.#folder = join(directory, "claims");
  }

  take(key: ActionKey): Disposable | undefined {
    const name = hashOf(key);
    // Each round makes way for one more try: a folder that was missing, a holder that was dead.
    for (let round = 0; round < 4; round++) {
      try {
        fs.linkSync((this.#own ??= this.#writeOwn()), join(this.#folder, name));
        return this.#claim(name);
      } catch (error) {
        if (!isSystemError(error)) throw error;
        if (error.code === "ENOENT") this.#own = undefined;
        else if (error.code !== "EEXIST") return unclaimed;
      }
      const state = this.#own === undefined ? "free" : this.#look(name);
      if (state === "alive") return undefined;
      if (state === "elsewhere") return unclaimed;
      if (state === "dead") this.#clear(name);
    }
    return unclaimed;
  }

  async released(key: ActionKey, clock: Clock, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const name = hashOf(key);
    await new Promise<void>((resolve, reject) => {
      let callOff = (): void => {};
      const end = (): void => {
        callOff();
        signal.removeEventListener("abort", stop);
        this.#forget(name, look);
      };
      const stop = (): void => {
        end();
        reject(signal.reason as Error);
      };
      const look = (): void => {
        callOff();
        callOff = clock.after(lookMs, look);
        if (this.#look(name) === "alive") return;
        end();
        resolve();
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#listen(name, look);
      look();
    });
  }

  /** Leaves nothing behind, unless something is claimed still. */
  tidy(): void {
    const own = this.#own;
    if (own === undefined || this.#held > 0) return;
    this.#own = undefined;
    unlessDenied(() => fs.rmSync(own, { force: true }));
  }

  #claim(name: string): Disposable {
    this.#held++;
    return {
      [Symbol.dispose]: () => {
        this.#held--;
        unlessDenied(() => fs.unlinkSync(join(this.#folder, name)));
      },
    };
  }

  #writeOwn(): string {
    makeFolder(this.#folder);
    const path = join(this.#folder, `${ownHolder()}-${randomUUID()}`);
    fs.writeFileSync(path, ownHolder(), { flag: "wx" });
    return path;
  }

  /** What can be said of a claim. */
  #look(name: string): "alive" | "dead" | "elsewhere" | "free" {
    const holder = unlessDenied(() => fs.readFileSync(join(this.#folder, name), "latin1"));
    if (holder === undefined) return "free";
    return holder === ownHolder() ? "alive" : stateOf(holder);
  }

  /** Takes the claim of a dead holder away. */
  #clear(name: string): void {
    const [path, aside] = [join(this.#folder, name), join(this.#folder, `x-${randomUUID()}`)];
    unlessDenied(() => {
      fs.renameSync(path, aside);
      // Somebody may have been faster, and be at work by now: then it is theirs, and is put back.
      const isTheirs = stateOf(fs.readFileSync(aside, "latin1")) === "alive";
      if (isTheirs) unlessDenied(() => fs.linkSync(aside, path));
      fs.unlinkSync(aside);
    });
  }

  /** Calls back whenever something happens to a claim. */
  #listen(name: string, look: () => void): void {
    const others = this.#waiting.get(name);
    if (others === undefined) this.#waiting.set(name, new Set([look]));
    else others.add(look);
    if (this.#watcher !== undefined) return;
    // Where files cannot be watched, looking from time to time has to do.
    this.#watcher = unlessDenied(() => fs.watch(this.#folder, { persistent: false }));
    this.#watcher?.on("error", () => {});
    this.#watcher?.on("change", (_, changed) => {
      for (const each of [...(this.#waiting.get(String(changed)) ?? [])]) each();
    });
  }

  #forget(name: string, look: () => void): void {
    const others = this.#waiting.get(name);
    others?.delete(look);
    if (others?.size === 0) this.#waiting.delete(name);
    if (this.#waiting.size > 0) return;
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
