/**
 * Recordings: the events of builds in a file, one line of JSON each, to be read back at any time.
 *
 *     build ──onEvent──▶ line ──▶ file ──▶ line ──readEvents──▶ the same events
 *
 * Builds are not slowed down by a slow disk: lines that are not written yet are held in memory.
 *
 * @module
 */
import { createReadStream, createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";

import type { BuildEvent } from "./event.ts";
import { decodeEvent, encodeEvent } from "./line.ts";

/** A recording that is being made. */
export interface Recording {
  /** Give it to a build as its `onEvent`. Never throws; after {@link Recording.close} it does nothing. */
  readonly onEvent: (event: BuildEvent) => void;
  /**
   * Resolves when every event is written, and the file is closed. Rejects with the system's error when
   * one could not be; the build itself is not stopped by that. Further calls give the same promise.
   */
  readonly close: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/**
 * Records events as lines of JSON.
 *
 * Each event goes out as one chunk, so several builds may record to one place at the same time and no
 * line is torn. A file that exists is replaced; a stream is not ended, since it may be another's.
 *
 * @param to - Path of a file whose directory exists, a `file:` URL, or a stream.
 * @example
 * ```ts
 * await using recording = recordEvents("build.jsonl");
 * await tryBuild(app, { runner, onEvent: recording.onEvent });
 * ```
 */
export function recordEvents(to: string | URL | Writable): Recording {
  const isOurs = typeof to === "string" || to instanceof URL;
  const lines = new LineWriter(isOurs ? createWriteStream(to) : to);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= lines.close(isOurs));
  return {
    onEvent: (event) => {
      if (closing === undefined) lines.write(encodeEvent(event));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Counts what a stream has not taken yet, and keeps its first failure. */
class LineWriter {
  readonly #stream: Writable;
  readonly #fail = (error: unknown): void => {
    this.#failure ??= { error };
    this.#idle();
  };
  #failure: { readonly error: unknown } | undefined;
  #pending = 0;
  #idle: () => void = () => {};

  constructor(stream: Writable) {
    this.#stream = stream;
    // Without a listener, a full disk would end the process.
    stream.on("error", this.#fail);
  }

  write(line: string): void {
    if (this.#failure !== undefined) return;
    this.#pending++;
    this.#stream.write(line, (error) => {
      this.#pending--;
      if (error) this.#fail(error);
      else if (this.#pending === 0) this.#idle();
    });
  }

  async close(isOurs: boolean): Promise<void> {
    if (isOurs) {
      // A stream that failed to open is destroyed, and its `close` may be over.
      if (!this.#stream.closed) {
        const closed = new Promise((resolve) => this.#stream.once("close", resolve));
        this.#stream.end();
        await closed;
      }
    } else if (this.#pending > 0 && this.#failure === undefined) {
      await new Promise<void>((resolve) => (this.#idle = resolve));
    }
    this.#stream.off("error", this.#fail);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/**
 * Reads recorded events, in their order. Blank lines are passed over.
 *
 * @param from - Path of a file, a `file:` URL, or anything that gives lines one by one.
 * @throws {@link BuildError} `MALFORMED_MESSAGE` for a line that is no event, after all events before it;
 *   the system's error when the file cannot be read.
 * @example
 * ```ts
 * for await (const event of readEvents("build.jsonl")) console.log(event.type);
 * ```
 */
export async function* readEvents(
  from: string | URL | Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<BuildEvent, void, undefined> {
  const isFile = typeof from === "string" || from instanceof URL;
  const name = from instanceof URL ? fileURLToPath(from) : from;
  const file = typeof name === "string" ? ` of \`${name}\`` : "";
  let number = 0;
  for await (const line of isFile ? linesOf(from) : from) {
    number++;
    if (line.trim() !== "") yield decodeEvent(line, `line ${number}${file}`);
  }
}

/** The lines of a file. Not `readline`, which breaks lines at U+2028 too. */
async function* linesOf(path: string | URL): AsyncGenerator<string, void, undefined> {
  let parts: string[] = [];
  for await (const chunk of createReadStream(path, "utf8") as AsyncIterable<string>) {
    const [first = "", ...others] = chunk.split("\n");
    parts.push(first);
    for (const start of others) {
      yield parts.join("");
      parts = [start];
    }
  }
  yield parts.join("");
}
