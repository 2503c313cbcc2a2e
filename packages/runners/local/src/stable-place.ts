/**
 * The stable place: one absolute path at which every command that asks for it sees its own directory.
 *
 * Where the system lets us make mount namespaces (Linux, as root or with user namespaces), each command
 * gets a private view in which its directory is bound to that path, and any number run at once. Where it
 * does not, directories are moved to the path for the time of the run, and commands take turns.
 *
 * @module
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { execa } from "execa";

import { isExecutable } from "./executable.ts";
import { plainPlace, type Place } from "./place.ts";
import { become } from "./process.ts";
import { isAlive, removeTree } from "./scratch.ts";

/** The path that namespaces bind to. The same on every machine: programs write it into their outputs. */
const boundPath = "/tmp/ashlar-root";

/** Run in a new mount namespace: binds, and goes to where the command is to start. */
const bind = '"$1" --bind "$2" "$3" && cd "$4" && shift 4 && ';

/** Where the system keeps its programs; a command's own `PATH` does not lead there. */
const systemFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** How often a turn is asked for, in milliseconds. */
const turnMs = 50;

/** Programs that make a namespace and bind in it, with the options for this user. */
interface Namespaces {
  readonly unshare: readonly string[];
  readonly mount: string;
}

/** Gives commands their view. */
export class StablePlace {
  #namespaces: Promise<Namespaces | undefined> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** Runs work at the stable place, with an action's directory there. */
  async use<T>(
    folder: string,
    signal: AbortSignal,
    work: (place: Place) => Promise<T>,
  ): Promise<T> {
    const namespaces = await (this.#namespaces ??= findNamespaces(folder));
    if (namespaces === undefined) return await this.#takeTurn(folder, signal, work);
    const { unshare, mount } = namespaces;
    mkdirSync(boundPath, { recursive: true });
    return await work({
      folder,
      seenAs: boundPath,
      wrap: ({ argv, env }, cwd) => [
        ...[...unshare, "/bin/sh", "-c", `${bind}{ ${become(env)}; }`, "sh"],
        ...[mount, folder, boundPath, cwd, ...argv],
      ],
    });
  }

  /** One at a time in this process, and by a lock file among processes. */
  async #takeTurn<T>(
    folder: string,
    signal: AbortSignal,
    work: (place: Place) => Promise<T>,
  ): Promise<T> {
    const place = join(tmpdir(), `ashlar-root-${process.getuid?.() ?? 0}`);
    const run = async (): Promise<T> => {
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
    const mine = this.#turn.then(run, run);
    this.#turn = mine.catch(() => {});
    return await mine;
  }
}

/** The way to a mount namespace in which this user may bind, if the system has one. Tried for real. */
async function findNamespaces(folder: string): Promise<Namespaces | undefined> {
  const unshare = systemProgram("unshare");
  const mount = systemProgram("mount");
  if (process.platform !== "linux" || unshare === undefined || mount === undefined) return undefined;
  const flags = process.getuid?.() === 0 ? ["--mount"] : ["--mount", "--map-root-user"];
  const argv = [...flags, "--", mount, "--bind", folder, folder];
  const { exitCode } = await execa(unshare, argv, { reject: false, stdin: "ignore" });
  return exitCode === 0 ? { unshare: [unshare, ...flags, "--"], mount } : undefined;
}

function systemProgram(name: string): string | undefined {
  return systemFolders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Waits for a lock file, and takes over one whose process is gone. */
async function lock(path: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return writeFileSync(path, String(process.pid), { flag: "wx" });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const holder = Number(readLock(path));
    if (holder > 0 && !isAlive(holder)) rmSync(path, { force: true });
    else await sleep(turnMs, undefined, { signal });
  }
}

function readLock(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
