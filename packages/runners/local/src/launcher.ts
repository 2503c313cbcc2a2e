/**
 * The launcher: a shell that starts commands, so that this process need not.
 *
 * Starting a process copies the page tables of the one that starts it, and stops it meanwhile: tens of
 * milliseconds when it holds much memory. A shell is small. The launcher is started once for a runner, and
 * opens a post (`post.ts`) for each command that runs at once.
 *
 *     build (node) ── "1", "2" ──▶ launcher (bash) ──┬── post 1 ── command
 *                                                    └── post 2 ── command
 *
 * When the build is gone, its end of the launcher's input closes, and the posts kill what they run.
 *
 * @module
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { isExecutable } from "./executable.ts";
import { launcherScript } from "./launcher-script.ts";
import { Post, removeFolder } from "./post.ts";

/** Where systems keep bash. Some have it as their `sh` only. */
const bashes = ["/bin/bash", "/usr/bin/bash", "/bin/sh"];

/** How long a launcher stays with nothing to do, in milliseconds. */
const idleMs = 10_000;

/** The sides of the launcher that we have. */
interface Shell {
  readonly process: ChildProcess & { readonly stdin: NodeJS.WritableStream };
  /** Those who wait for a post to be ready, by its number. */
  readonly waiting: Map<number, (isReady: boolean) => void>;
}

/** Starts commands, at posts. */
export class Launcher {
  readonly #directory: string;
  #shell: Shell | undefined;
  #count = 0;
  #waiters = 0;
  readonly #free: Post[] = [];
  /** The first post, which the shell makes while inputs are laid out. */
  #first: Promise<Post | undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;

  readonly #shells: readonly string[];

  /**
   * @param directory - Absolute: where the posts have their folders. Must be there when one is taken.
   * @param shells - Where to look for bash, absolute.
   */
  constructor(directory: string, shells: readonly string[] = bashes) {
    this.#directory = directory;
    this.#shells = shells;
  }

  /** Starts the launcher and has it make a post, unless it is there, and returns at once. */
  start(): void {
    clearTimeout(this.#timer);
    if (this.#shell !== undefined) return;
    this.#shell = startShell(this.#shells, this.#directory, () => (this.#shell = undefined));
    this.#first = this.#shell && this.#open(this.#shell);
    // Who takes it hears of it.
    this.#first?.catch(() => {});
  }

  /** A post for one command. `undefined` where there is no shell for it. */
  async take(): Promise<Post | undefined> {
    // The one that has rested longest: its shell has got ready for the next command meanwhile.
    for (let post = this.#free.shift(); post !== undefined; post = this.#free.shift()) {
      if (post.isFit) return post;
      post.close();
    }
    this.start();
    const shell = this.#shell;
    if (shell === undefined) return undefined;
    // Where commands run at once, one post more than commands: so one rests between two of them.
    const first = this.#first;
    this.#first = undefined;
    const [post, spare] = await this.#await(
      shell,
      Promise.all([
        first ?? this.#open(shell),
        first === undefined ? this.#open(shell) : undefined,
      ]),
    );
    if (spare !== undefined) this.#free.push(spare);
    return post;
  }

  /** Who waits for posts wants the process to go on; who does not, may leave it. */
  async #await<T>(shell: Shell, posts: Promise<T>): Promise<T> {
    this.#waiters++;
    shell.process.ref();
    try {
      return await posts;
    } finally {
      this.#waiters--;
      if (this.#waiters === 0) shell.process.unref();
    }
  }

  async #open(shell: Shell): Promise<Post | undefined> {
    const number = this.#count++;
    const folder = join(this.#directory, `post-${number}`);
    mkdirSync(folder);
    // A shell that is of no use ends without reading it.
    const isReady = await new Promise<boolean>((resolve) => {
      if (this.#shell !== shell) return resolve(false);
      shell.waiting.set(number, resolve);
      shell.process.stdin.write(`${number}\n`);
    });
    if (isReady) return new Post(folder);
    removeFolder(folder);
    return undefined;
  }

  /** To be called when the command is over. */
  give(post: Post): void {
    if (post.isFit) this.#free.push(post);
    else post.close();
  }

  /** Waits for the first post, where nobody has come to take it. Then it is one of those that {@link rest} closes. */
  async settle(): Promise<void> {
    const [shell, first] = [this.#shell, this.#first];
    if (shell === undefined || first === undefined) return;
    const post = await this.#await(
      shell,
      first.catch(() => undefined),
    );
    // Somebody may have come for it meanwhile.
    if (post === undefined || this.#first !== first) return;
    this.#first = undefined;
    this.#free.push(post);
  }

  /** Closes all posts. To be called when no command runs, and their folders are about to go. */
  rest(): void {
    for (const post of this.#free.splice(0)) post.close();
    if (this.#shell === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#shell?.process.stdin.end("end\n"), idleMs).unref();
  }

  /** Ends the launcher, and kills what still runs at its posts. */
  async end(): Promise<void> {
    await this.settle();
    this.rest();
    clearTimeout(this.#timer);
    const ending = this.#shell?.process;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      ending.once("exit", () => resolve());
      ending.ref();
      ending.stdin.end("end\n");
    });
  }
}

/** Starts the shell. `undefined` where there is none. */
function startShell(
  shells: readonly string[],
  directory: string,
  onEnd: () => void,
): Shell | undefined {
  const shell = shells.find(isExecutable);
  if (shell === undefined) return undefined;
  const waiting: Shell["waiting"] = new Map();
  // Bash reads start-up files even for a script, when its input looks like that of a remote shell.
  const child = spawn(
    shell,
    ["--norc", "--noprofile", "-c", launcherScript, "launcher", directory],
    {
      // The tools that the script uses; no command sees it.
      env: { PATH: "/usr/bin:/bin" },
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    },
  );
  let said = "";
  child.stdout.setEncoding("latin1").on("data", (text) => {
    said += String(text);
    const lines = said.split("\n");
    said = lines.pop() ?? "";
    for (const line of lines) {
      const [word, number] = line.split(" ");
      tell(waiting, Number(number), word === "ready");
    }
  });
  const end = (): void => {
    onEnd();
    for (const number of waiting.keys()) tell(waiting, number, false);
  };
  child.once("error", end);
  child.once("exit", end);
  // One that is gone launches nothing, and says so by its end.
  child.stdin.on("error", () => {});
  // A runner that nobody disposes of must not keep this process alive.
  child.unref();
  for (const stream of [child.stdin, child.stdout]) {
    (stream as unknown as { unref(): void }).unref();
  }
  return { process: child, waiting };
}

function tell(waiting: Shell["waiting"], number: number, isReady: boolean): void {
  waiting.get(number)?.(isReady);
  waiting.delete(number);
}
