/**
 * Launched processes: as `process.ts`, but started at a post and not by this process.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { ProcessEnd } from "./place.ts";
import { PostLost, type Ending, type Post } from "./post.ts";
import { ProcessGroup } from "./process-group.ts";
import type { ProcessOptions } from "./process.ts";

/** Commands that take no longer have their output read when they are over, in milliseconds. */
const shortMs = 10;

/** How often a command that was just started is asked for its number, in milliseconds. */
const askMs = 1;

const streams = ["stdout", "stderr"] as const;

/**
 * Runs a command at a post, and settles when nothing of it is left.
 *
 * Rejects with {@link PostLost} when it cannot be known how the command ended; then, too, nothing is left.
 */
export async function runLaunched(
  post: Post,
  script: string,
  options: Pick<ProcessOptions, "graceMs" | "onChunk" | "onStarted" | "signal" | "sparesLeader">,
): Promise<ProcessEnd> {
  const { signal, onChunk } = options;
  signal.throwIfAborted();
  const reader = new Reader(post, onChunk);
  const running = new Running(post, options);
  const stop = (): void => void running.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const ending = post.start(script);
    options.onStarted?.();
    const { exitCode, endedBy } = await endOf(ending, running);
    await reader.finish();
    return { exitCode, endedBy };
  } finally {
    signal.removeEventListener("abort", stop);
    reader.close();
  }
}

/** The end of a command, and of all that it leaves behind. */
async function endOf(ending: Promise<Ending>, running: Running): Promise<Ending> {
  try {
    const ended = await ending;
    await running.kill(ended.process);
    return ended;
  } catch (error) {
    if (error instanceof PostLost) await running.kill(error.process);
    throw error;
  }
}

/** The group of a command whose number is not known at first. */
class Running {
  readonly #post: Post;
  readonly #options: Pick<ProcessOptions, "graceMs" | "sparesLeader">;
  #group: ProcessGroup | undefined;
  #isOver = false;

  constructor(post: Post, options: Pick<ProcessOptions, "graceMs" | "sparesLeader">) {
    this.#post = post;
    this.#options = options;
  }

  /** Asks the command to end, once there is one. */
  async stop(): Promise<void> {
    while (!this.#isOver) {
      const process = this.#post.process();
      if (process !== undefined) {
        this.#group = this.#groupOf(process);
        return this.#group.stop();
      }
      await sleep(askMs);
    }
  }

  /** Kills what is left of the group, and waits until it is gone. */
  async kill(process: number | undefined): Promise<void> {
    this.#isOver = true;
    const group = this.#group ?? this.#groupOf(process);
    group.kill();
    await group.gone();
  }

  #groupOf(process: number | undefined): ProcessGroup {
    const { graceMs, sparesLeader } = this.#options;
    return new ProcessGroup(process, graceMs, sparesLeader);
  }
}

/** Reads what a command prints: as it comes, unless the command is over sooner. */
class Reader {
  readonly #post: Post;
  readonly #onChunk: ProcessOptions["onChunk"];
  #timer: NodeJS.Timeout;
  #following:
    | {
        readonly end: Promise<unknown>;
        readonly close: () => boolean;
        readonly closeSoon: () => void;
      }
    | undefined;

  constructor(post: Post, onChunk: ProcessOptions["onChunk"]) {
    this.#post = post;
    this.#onChunk = onChunk;
    this.#timer = setTimeout(() => this.#followSoon(), shortMs);
  }

  /** Reads the rest. The command is over; a daemon that it left may hold its output open. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#following === undefined) {
      let isAll = true;
      for (const stream of streams) {
        isAll = (await this.#post.drain(stream, (chunk) => this.#onChunk(stream, chunk))) && isAll;
      }
      if (isAll) return;
      this.#follow();
    }
    this.#following?.closeSoon();
    await this.#following?.end;
  }

  /** Ends reading. A post whose streams somebody still holds is of no more use. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#following?.close() === true) this.#post.spoil();
  }

  /** Not before there is somebody to follow: until then, the streams seem to have ended. */
  #followSoon(): void {
    if (this.#post.hasStarted()) return this.#follow();
    this.#timer = setTimeout(() => this.#followSoon(), askMs);
  }

  #follow(): void {
    const open = streams.map((stream) => ({ stream, log: this.#post.follow(stream) }));
    const pumps = open.map(async ({ stream, log }) => {
      await log.pump((chunk) => this.#onChunk(stream, chunk));
    });
    const end = Promise.all(pumps);
    // Heard of when the command is over.
    end.catch(() => {});
    this.#following = {
      end,
      closeSoon: () => {
        for (const { log } of open) log.closeSoon();
      },
      close: () => {
        for (const { log } of open) log.close();
        return open.some(({ log }) => log.isCut);
      },
    };
  }
}
