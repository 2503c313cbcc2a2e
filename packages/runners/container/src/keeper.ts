/**
 * Keepers: this side of the talk with the first process of a container; see `keeper-script.ts`.
 *
 * @module
 */
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";

import type { EngineClient } from "./engine.ts";

/** The container is gone. */
export class KeeperLost extends Error {
  /** What the engine's client said. */
  readonly said: string;

  constructor(said: string) {
    super(`the container has ended: ${said.trim()}`);
    this.said = said;
  }
}

/** Asks one question at a time. A keeper that nobody asks keeps no process alive. */
export class Keeper {
  readonly #client: EngineClient;
  readonly #lines: Interface;
  #waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  #errors = "";
  #isGone = false;

  constructor(client: EngineClient) {
    this.#client = client;
    client.stdin.on("error", () => {});
    client.stderr.on("data", (chunk) => (this.#errors = `${this.#errors}${chunk}`.slice(-4000)));
    this.#lines = createInterface({ input: client.stdout });
    this.#lines.on("line", (line) => this.#waiting?.resolve(line));
    void client.then(() => {
      this.#isGone = true;
      this.#waiting?.reject(new KeeperLost(this.#errors));
    });
    this.#rest();
  }

  /** True once the container has ended. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * Waits for its next line, after a question unless it speaks by itself.
   *
   * @throws {@link KeeperLost}
   */
  async ask(question?: string): Promise<string> {
    if (this.#isGone) throw new KeeperLost(this.#errors);
    this.#wake();
    try {
      const { promise, resolve, reject } = deferred<string>();
      this.#waiting = { resolve, reject };
      if (question !== undefined) this.#client.stdin.write(`${question}\n`);
      return await promise;
    } finally {
      this.#waiting = undefined;
      this.#rest();
    }
  }

  /** Closes its input, which ends it. */
  close(): void {
    this.#client.stdin.end();
  }

  /** Resolves when the container is gone. */
  async gone(): Promise<void> {
    this.#wake();
    await this.#client;
    this.#lines.close();
  }

  #wake(): void {
    this.#client.ref();
    for (const stream of this.#streams()) stream.ref?.();
  }

  #rest(): void {
    this.#client.unref();
    for (const stream of this.#streams()) stream.unref?.();
  }

  /** Pipes of Node are sockets. */
  #streams(): ((Readable | Writable) & { ref?(): void; unref?(): void })[] {
    const { stdin, stdout, stderr } = this.#client;
    return [stdin, stdout, stderr];
  }
}

function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((good, bad) => {
    resolve = good;
    reject = bad;
  });
  return { promise, resolve, reject };
}
