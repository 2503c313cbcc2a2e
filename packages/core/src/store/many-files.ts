/**
 * Many files on their way into a store, read by several threads if there are enough of them.
 *
 *     add ──▶ queue ──▶ this thread                    ──▶ intake
 *                 └───▶ reading threads, once they are up ──▶ intake
 *
 * This thread reads as well, from the front of the queue, and lets the event loop turn every millisecond, so
 * that the others are never without work. Whatever a reading thread cannot make sense of comes back, and is
 * read here: so errors come from one place.
 *
 * @module
 */
import { Breath } from "../base/breath.ts";
import type { Digest } from "../digest/digest.ts";
import type { ReadFiles } from "./file-memory.ts";
import { ReadingThread, memoryBytes, memoryFiles } from "./reading-thread.ts";
import { takeFile, takeSmallFile } from "./take-file.ts";
import type { TakenFile, Taking } from "./taking.ts";

/** Queued files from which on threads are started. */
const manyFiles = 1000;

/** Files that may be in the queue. Whoever adds more, waits. */
const maxQueued = 20_000;

/** How long to read between two turns of the event loop while there are threads, in milliseconds. */
const turnMs = 1;

/** A file that is to be taken. */
export interface Job {
  /** Absolute. */
  readonly path: string;
  /** Called once it is taken. */
  take(file: TakenFile): void;
}

/** Takes in files that are added one after another. All were taken once {@link ManyFiles.end} has resolved. */
export class ManyFiles implements Disposable {
  readonly #taking: Taking;
  readonly #signal: AbortSignal | undefined;
  readonly #breath = new Breath();
  /** Consumed up to `#first`. */
  readonly #queue: Job[] = [];
  #first = 0;
  /** What reading threads could not make sense of. */
  readonly #odd: Job[] = [];
  #threads: readonly ReadingThread[] | undefined;
  /** What threads were given, by thread and memory. */
  readonly #errands = new Map<string, readonly Job[]>();
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;
  #takenFiles = 0;
  #takenBytes = 0;

  constructor(taking: Taking, signal: AbortSignal | undefined) {
    this.#taking = taking;
    this.#signal = signal;
  }

  add(job: Job): void {
    this.#queue.push(job);
    if (this.#threads === undefined && this.#queued >= manyFiles) this.#startThreads();
  }

  /** Whether so many are waiting that it is time for a pause. */
  get isFull(): boolean {
    return this.#queued >= maxQueued;
  }

  /** Waits until there is room again. Rejects as {@link ManyFiles.end} does. */
  async pause(): Promise<void> {
    await this.#readUntil(maxQueued / 2);
  }

  /**
   * Sees to it that all have been read. Rejects with the signal's reason, or the {@link BuildError} of
   * a file or the store.
   */
  async end(): Promise<void> {
    await this.#readUntil(0);
    for (const thread of this.#threads ?? []) thread.finish();
    while (this.#errands.size > 0) {
      await this.#news();
      await this.#readUntil(0);
    }
  }

  [Symbol.dispose](): void {
    for (const thread of this.#threads ?? []) thread[Symbol.dispose]();
  }

  get #queued(): number {
    return this.#queue.length - this.#first + this.#odd.length;
  }

  async #readUntil(queued: number): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#feed();
      if (this.#queued <= queued) return;
      await this.#readSome();
      await this.#taking.pause();
      if (this.#threads === undefined) await this.#breath.pause(this.#signal);
      else {
        await new Promise((resolve) => setImmediate(resolve));
        this.#signal?.throwIfAborted();
      }
    }
  }

  async #readSome(): Promise<void> {
    const end = performance.now() + turnMs;
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      const file =
        takeSmallFile(this.#taking, job.path) ?? (await takeFile(this.#taking, job.path));
      this.#use(job, file);
      if (performance.now() >= end) return;
    }
  }

  #use(job: Job, file: TakenFile): void {
    this.#takenFiles++;
    this.#takenBytes += file.stats.size;
    job.take(file);
  }

  #next(): Job | undefined {
    return this.#odd.pop() ?? this.#nextJobs(1)[0];
  }

  #nextJobs(count: number): readonly Job[] {
    const jobs = this.#queue.slice(this.#first, this.#first + count);
    this.#first += jobs.length;
    if (this.#first > maxQueued) this.#putBack([]);
    return jobs;
  }

  #putBack(jobs: readonly Job[]): void {
    this.#queue.splice(0, this.#first, ...jobs);
    this.#first = 0;
  }

  #startThreads(): void {
    const { intake } = this.#taking;
    this.#threads =
      intake?.keepAll === undefined
        ? []
        : ReadingThread.startAll(intake.maxBytes, (at) => ({
            onUp: () => this.#feed(),
            onRead: (memory, read) => this.#takeOver(at, memory, read),
            onGone: () => {
              for (const memory of [0, 1]) this.#putBack(this.#errandOf(at, memory));
              this.#tell();
            },
          }));
  }

  /** Gives each thread as much as it can take. */
  #feed(): void {
    for (const [at, thread] of this.#threads?.entries() ?? []) {
      for (let memory = thread.freeMemory; memory !== undefined; memory = thread.freeMemory) {
        const jobs = this.#nextErrand();
        if (jobs.length === 0) return;
        this.#errands.set(`${at} ${memory}`, jobs);
        thread.read(
          memory,
          jobs.map(({ path }) => path),
        );
      }
    }
  }

  /** As many as a memory has room for, and fewer towards the end, so that all are done at the same time. */
  #nextErrand(): readonly Job[] {
    const average = this.#takenFiles === 0 ? 0 : this.#takenBytes / this.#takenFiles;
    const room = Math.min(memoryFiles, Math.ceil(memoryBytes / (average + 1)));
    const share = Math.ceil(this.#queued / (2 * (this.#threads?.length ?? 0) + 1));
    return this.#nextJobs(Math.min(room, share));
  }

  #errandOf(thread: number, memory: number): readonly Job[] {
    const name = `${thread} ${memory}`;
    const jobs = this.#errands.get(name) ?? [];
    this.#errands.delete(name);
    return jobs;
  }

  #takeOver(thread: number, memory: number, { files, digests, bytes }: ReadFiles): void {
    const jobs = this.#errandOf(thread, memory);
    for (const [at, job] of jobs.slice(0, files.length).entries()) {
      const file = files[at];
      if (file === undefined) this.#odd.push(job);
      else this.#use(job, file);
    }
    if (jobs.length > files.length) this.#putBack(jobs.slice(files.length));
    void this.#keep(thread, memory, bytes, digests);
    this.#tell();
  }

  async #keep(
    thread: number,
    memory: number,
    bytes: Buffer,
    digests: readonly Digest[],
  ): Promise<void> {
    try {
      await this.#taking.intake?.keepAll?.(bytes, digests);
      this.#threads?.[thread]?.release(memory);
      this.#feed();
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#tell();
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #tell(): void {
    this.#wake();
  }
}
