/**
 * Logs: what a command prints on a worker, passed on while it runs where the service offers that, and at its end otherwise.
 *
 * @module
 */
import { sizeOf, type ContentStore, type Digest } from "@ashlar/core";

import type { Connection } from "../reapi/connect.ts";
import { decodePiece, encodeRead } from "../reapi/messages/byte-stream.ts";
import type { ExecutionProgress } from "../reapi/messages/execution.ts";
import { methods } from "../reapi/methods.ts";
import { smallBytes, temporaryPlace, type Downloads } from "./download.ts";
import type { ForeignLog } from "./foreign-result.ts";

/** One stream of a command's output. */
export type StreamName = "stderr" | "stdout";

/** Takes what a command printed. */
type OnLog = (stream: StreamName, chunk: Uint8Array) => void;

/** The logs of one execution. */
export class Logs implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #onLog: OnLog;
  readonly #end = new AbortController();
  readonly #streams = new Map<StreamName, Promise<void>>();
  /** Bytes that were passed on. */
  readonly #passed: Record<StreamName, number> = { stdout: 0, stderr: 0 };

  constructor(connection: Connection, onLog: OnLog) {
    this.#connection = connection;
    this.#onLog = onLog;
  }

  /** Follows the streams that a service offers. To be told all that it says of an execution. */
  follow({ stdoutStream, stderrStream }: ExecutionProgress): void {
    for (const [stream, name] of [
      ["stdout", stdoutStream],
      ["stderr", stderrStream],
    ] as const) {
      if (name === "" || this.#streams.has(stream)) continue;
      this.#streams.set(stream, this.#listen(stream, name));
    }
  }

  /**
   * Passes on what is left of a stream, and keeps all of it in the store. Returns its digest.
   *
   * Rejects with the signal's reason, or as the service and the store do.
   */
  async keep(
    stream: StreamName,
    log: ForeignLog,
    context: {
      readonly downloads: Downloads;
      readonly content: ContentStore;
      readonly signal: AbortSignal;
    },
  ): Promise<Digest> {
    this.#end.abort(new Error("the command has ended"));
    await this.#streams.get(stream);
    const { content, downloads, signal } = context;
    if (Buffer.isBuffer(log)) {
      this.#pass(stream, log.subarray(this.#passed[stream]));
      return await content.write(log);
    }
    const isWanted = (await content.missing([log])).length > 0;
    if (sizeOf(log) <= smallBytes) {
      const bytes = await downloads.bytesOf(log, signal);
      this.#pass(stream, bytes.subarray(this.#passed[stream]));
      if (isWanted) await content.write(bytes);
      return log;
    }
    if (isWanted) await this.#keepLong(stream, log, context);
    else {
      const from = this.#passed[stream];
      await downloads.stream(log, from, signal, (piece) => this.#pass(stream, piece));
    }
    return log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error("the execution is over"));
    await Promise.all(this.#streams.values());
  }

  async #keepLong(
    stream: StreamName,
    log: Digest,
    { downloads, content, signal }: Parameters<Logs["keep"]>[2],
  ): Promise<void> {
    const { open } = await import("node:fs/promises");
    await using place = await temporaryPlace(content);
    const file = await open(place.path, "wx", 0o600);
    let at = 0;
    try {
      await downloads.stream(log, 0, signal, async (piece) => {
        const isNew = at + piece.byteLength - this.#passed[stream];
        at += piece.byteLength;
        if (isNew > 0) this.#pass(stream, piece.subarray(Math.max(0, piece.byteLength - isNew)));
        await file.writeFile(piece);
      });
    } finally {
      await file.close();
    }
    await content.writeFile(place.path);
  }

  #pass(stream: StreamName, chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.#passed[stream] += chunk.byteLength;
    this.#onLog(stream, chunk);
  }

  /** What breaks off is no loss: all of it comes at the end. */
  async #listen(stream: StreamName, resourceName: string): Promise<void> {
    const { transport } = this.#connection;
    const request = encodeRead({ resourceName, offset: 0 });
    try {
      for await (const message of transport.serverStream(methods.read, request, {
        signal: this.#end.signal,
      })) {
        this.#pass(stream, decodePiece(message));
      }
    } catch {
      // It is followed for as long as it lasts.
    }
  }
}
