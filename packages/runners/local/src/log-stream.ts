/**
 * Log streams: what a command prints, read to its end, or until nobody is left who would write.
 *
 * @module
 */
import type { Readable } from "node:stream";

/** How long a stream stays open when its command has ended and nothing comes, in milliseconds. */
const lingerMs = 1000;

/** One of the two streams of a command. */
export class LogStream {
  readonly #stream: Readable;
  #chunks = 0;
  #isOver = false;
  #isCut = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
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
        await onChunk(chunk);
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
    this.#timer = setTimeout(() => {
      if (this.#chunks === chunks) this.close();
      else this.closeSoon();
    }, lingerMs);
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
