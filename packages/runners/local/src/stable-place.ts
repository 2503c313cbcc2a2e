/**
 * The stable place: one absolute path at which every command that asks for it sees its own directory.
 *
 * Where the system lets us make mount namespaces (Linux, as root or with user namespaces), each command
 * gets a private view in which its directory is bound to that path, and any number run at once. Where it
 * does not, directories are moved to the path for the time of the run, and commands take turns.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { isExecutable } from "./executable.ts";
import { plainPlace, type Place } from "./place.ts";
import { isAlive, removeTree } from "./scratch.ts";

/** The path that namespaces bind to. The same on every machine: programs write it into their outputs. */
export const boundPath: string = "/tmp/ashlar-root";

/** Run in a new mount namespace: binds, goes to where the command is to start, and becomes it. */
const bind = '"$1" --bind "$2" "$3" && cd "$4" && shift 4 && exec "$@"';

/** Where the system keeps its programs; a command's own `PATH` does not lead there. */
const systemFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** How often a turn is asked for, in milliseconds. */
const turnMs = 50;

/** Programs that make a namespace and bind in it, with the options for this user. */
interface Namespaces {
  readonly unshare: readonly string[];
  readonly mount: string;
  /** Starts a command with an environment that the programs before it have not touched. */
  readonly env: string;
}

/** Gives commands their view. */
export class StablePlace {
  readonly #base: string;
  readonly #mayMakeViews: boolean;
  #namespaces: Promise<Namespaces | undefined> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param base - Absolute directory, on the disk of the actions' directories. */
  constructor(base: string, mayMakeViews: boolean) {
    this.#base = base;
    this.#mayMakeViews = mayMakeViews;
  }

  /** Runs work at the stable place, with an action's directory there. */
  async use<T>(
    folder: string,
    signal: AbortSignal,
    work: (place: Place) => Promise<T>,
  ): Promise<T> {
    const namespaces = await (this.#namespaces ??= this.#findNamespaces(folder));
    if (namespaces === undefined) return await this.#takeTurn(folder, signal, work);
    const { unshare, mount, env: envProgram } = namespaces;
    mkdirSync(boundPath, { recursive: true });
    return await work({
      folder,
      seenAs: boundPath,
      inRoot: (path) => join(folder, "root", path),
      wrap: ({ argv, env }, cwd) => {
        const view = [...unshare, "/bin/sh", "-c", bind, "sh", mount, folder, boundPath, cwd];
        // Handed over as arguments: a shell would alter some variables, and lose others.
        const variables = Object.entries(env).map((pair) => pair.join("="));
        return { argv: [...view, envProgram, "-i", "--", ...variables, ...argv], env: {} };
      },
    });
  }

  async #findNamespaces(folder: string): Promise<Namespaces | undefined> {
    return this.#mayMakeViews ? await findNamespaces(folder) : undefined;
  }

  /** One at a time in this process, and by a lock file among processes. */
  async #takeTurn<T>(
    folder: string,
    signal: AbortSignal,
    work: (place: Place) => Promise<T>,
  ): Promise<T> {
    const place = join(this.#base, `ashlar-root-${process.getuid?.() ?? 0}`);
    const before = this.#turn;
    const run = async (): Promise<T> => {
      await untilAborted(before, signal);
      await lock(`${place}.lock`, signal);
      try {
        await removeTree(place);
        await rename(folder, place);
        try {
          return await work(plainPlace(place));
        } finally {
          await rename(place, folder);
        }
      } finally {
        rmSync(`${place}.lock`, { force: true });
      }
    };
    const mine = run();
    // Both, for this one may give up while the one before is still at work.
    this.#turn = Promise.allSettled([before, mine]);
    return await mine;
  }
}

/** The way to a mount namespace in which this user may bind, if the system has one. Tried for real. */
async function findNamespaces(folder: string): Promise<Namespaces | undefined> {
  const unshare = systemProgram("unshare");
  const mount = systemProgram("mount");
  const env = systemProgram("env");
  if (process.platform !== "linux" || !unshare || !mount || !env) return undefined;
  const flags = process.getuid?.() === 0 ? ["--mount"] : ["--mount", "--map-root-user"];
  const argv = [...flags, "--", mount, "--bind", folder, folder];
  const { execa } = await import("execa");
  const { exitCode } = await execa(unshare, argv, { reject: false, stdin: "ignore" });
  return exitCode === 0 ? { unshare: [unshare, ...flags, "--"], mount, env } : undefined;
}

function systemProgram(name: string): string | undefined {
  return systemFolders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Waits for something that never rejects, or rejects when the signal is aborted. */
async function untilAborted(event: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, reject } = deferred();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([event, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function deferred(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<never>((_, fail) => (reject = fail));
  return { promise, reject };
}

/** Waits for a lock file, and takes over one whose process is gone. */
async function lock(path: string, signal: AbortSignal): Promise<void> {
  // Written beside it first, so that nobody ever sees a lock without its holder.
  const mine = `${path}.${randomUUID()}`;
  writeFileSync(mine, String(process.pid));
  try {
    while (!tryLink(mine, path)) {
      if (!isHeld(path)) breakLock(path);
      else await sleep(turnMs, undefined, { signal });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Removes a lock whose holder is gone. Another may have done so, and hold it by now: then puts it back. */
function breakLock(path: string): void {
  const broken = `${path}.${randomUUID()}`;
  try {
    renameSync(path, broken);
  } catch {
    return;
  }
  if (isHeld(broken)) tryLink(broken, path);
  rmSync(broken, { force: true });
}

/** Gives a file a second name. False if that name is taken. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** True while the process that a lock names is there, and when there is no lock any more. */
function isHeld(path: string): boolean {
  try {
    return isAlive(Number(readFileSync(path, "utf8")));
  } catch {
    return true;
  }
}
