/**
 * A reading thread, as those see it who have files to read.
 *
 *     starting ──▶ up ──finish──▶ finishing ──▶ gone
 *         └─────────┴─────dies────────┴───────────▲
 *
 * It has two memories: it reads into the one while what is in the other is written to the store. Nobody waits
 * for it to come up, which takes 20 ms, or may never happen. If it dies, it gives back what it had.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";

import { FileMemory, type ReadFiles } from "./file-memory.ts";
import { readFiles, type Errand, type Reply, type ThreadStart } from "./thread-program.ts";

/** Bytes of files that a memory has room for. */
export const memoryBytes: number = 1024 * 1024;

/** Files that a memory has room for. */
export const memoryFiles = 256;

/** What a thread tells. */
export interface ThreadEvents {
  /** It has read the first so many of the paths that it was given. */
  readonly onRead: (memory: number, read: ReadFiles) => void;
  /** It can be given something. */
  readonly onUp: () => void;
  /** It will not read any more. */
  readonly onGone: () => void;
}

/** There is no use in more threads than processors, whatever this process takes in at a time. */
const maxThreads = Math.min(2, availableParallelism() - 1);

/** Those that were started, and are not told to end. */
const working = new Set<ReadingThread>();

/** A thread that opens, reads and hashes files. */
export class ReadingThread implements Disposable {
  readonly #worker: Worker;
  readonly #memories: readonly FileMemory[];
  readonly #free: number[];
  readonly #events: ThreadEvents;
  #isUp = false;
  #isFinishing = false;
  #isGone = false;

  private constructor(maxBytes: number, events: ThreadEvents) {
    this.#events = events;
    this.#memories = [0, 1].map(() => new FileMemory(memoryBytes, memoryFiles));
    this.#free = [...this.#memories.keys()];
    const memories = this.#memories.map(({ shared }) => shared);
    const workerData: ThreadStart = { memories, bytes: memoryBytes, files: memoryFiles, maxBytes };
    // What this process loaded at its start, or was told by its environment, is not meant for the thread.
    const bare = { execArgv: [], env: {}, trackUnmanagedFds: false };
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    this.#worker = new Worker(program, { eval: true, workerData, ...bare });
    working.add(this);
    this.#worker.once("online", () => {
      this.#isUp = true;
      events.onUp();
    });
    this.#worker.on("message", ({ memory, count }: Reply) => {
      const filled = this.#memories[memory];
      if (filled !== undefined && !this.#isGone) events.onRead(memory, filled.read(count));
    });
    // What went wrong is no news: others read the files, and say what is wrong with them.
    this.#worker.once("error", () => undefined);
    this.#worker.once("exit", () => this.#goAway());
  }

  /** Starts as many threads as there are processors for; none where that is not allowed. */
  static startAll(maxBytes: number, events: (at: number) => ThreadEvents): ReadingThread[] {
    const started: ReadingThread[] = [];
    try {
      for (let left = maxThreads - working.size; left > 0; left--) {
        started.push(new ReadingThread(maxBytes, events(started.length)));
      }
    } catch {
      // With few threads it takes longer, and no more than that.
    }
    return started;
  }

  /** A memory that can be filled now. */
  get freeMemory(): number | undefined {
    return this.#isUp && !this.#isFinishing && !this.#isGone ? this.#free[0] : undefined;
  }

  /** Has files read into a memory that is free. */
  read(memory: number, paths: readonly string[]): void {
    this.#free.splice(this.#free.indexOf(memory), 1);
    this.#worker.postMessage({ memory, paths } satisfies Errand, []);
  }

  /** Takes a memory back, which may be written over from now on. */
  release(memory: number): void {
    this.#free.push(memory);
  }

  /** Ends the thread once it has done what it was given. */
  finish(): void {
    if (this.#isFinishing || this.#isGone) return;
    this.#isFinishing = true;
    working.delete(this);
    this.#worker.postMessage(undefined, []);
  }

  /** As {@link ReadingThread.finish}; and nobody hears of it any more, or waits for it. */
  [Symbol.dispose](): void {
    this.finish();
    this.#isGone = true;
    this.#worker.unref();
  }

  #goAway(): void {
    working.delete(this);
    if (this.#isGone) return;
    this.#isGone = true;
    this.#events.onGone();
  }
}

const program = `
const load = process.getBuiltinModule;
const { parentPort, workerData } = load("node:worker_threads");
(${String(readFiles)})(parentPort, workerData, load("node:fs"), load("node:crypto"));
`;
