/**
 * Log streams: what a command prints, read to its end, or until nobody is left who would write.
 *
 * @module
 */
import type { Readable } from "node:stream";

/** One of the two streams of a command. */
export class LogStream {
  readonly #stream: Readable;
  readonly #lingerMs: number;
  #chunks = 0;
  #isDealtWith = true;
  #isOver = false;
  #isCut = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param lingerMs - How long it stays open when its command has ended and nothing comes, in milliseconds. */
  constructor(stream: Readable, lingerMs = 1000) {
    this.#stream = stream;
    this.#lingerMs = lingerMs;
  }

  /** Whether it was closed here, with somebody at the other end. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Passes all on that comes, until the stream ends or is closed. */
  async pump(onChunk: (chunk: Buffer) => Promise<void>): Promise<void> {
    try {
      for await (const chunk of this.#stream as AsyncIterable<Buffer>) {
        this.#chunks++;
        this.#isDealtWith = false;
        await onChunk(chunk);
        this.#isDealtWith = true;
      }
    } catch (error) {
      if (!this.#stream.destroyed || !isPrematureClose(error)) throw error;
    } finally {
      this.#isOver = true;
      clearTimeout(this.#timer);
    }
  }

  /** Closes the stream when nothing comes any more: a daemon may hold it open for ever. */
  closeSoon(): void {
    if (this.#isOver) return;
    const chunks = this.#chunks;
    // What came while this process was held up has not been read yet: timers come first.
    const look = (): void => void setImmediate(() => this.#closeUnlessMore(chunks));
    this.#timer = setTimeout(look, this.#lingerMs);
  }

  #closeUnlessMore(chunks: number): void {
    if (this.#isOver) return;
    if (this.#chunks === chunks && this.#isDealtWith) this.close();
    else this.closeSoon();
  }

  /** Closes the stream now, whoever is still there. */
  close(): void {
    this.#isCut ||= !this.#isOver;
    this.#stream.destroy();
  }
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}
