/**
 * The lock that lets one collector work at a time.
 *
 *     collectors/7     holder's name; empty once it is free
 *
 * The lock saves work; nothing relies on it. Two collectors at once would remove the same files.
 *
 * @module
 */
import { join } from "node:path";

import { NumberedLock } from "./numbered-lock.ts";

/** Held from {@link CollectorLock.take} until it is disposed of. */
export class CollectorLock implements Disposable {
  readonly #lock: NumberedLock;

  private constructor(lock: NumberedLock) {
    this.#lock = lock;
  }

  /**
   * Takes the lock; `undefined` when another collector has it.
   *
   * @param temporary - A free path in the store, for a moment.
   * @param now - The time, in milliseconds since 1970.
   */
  static take(directory: string, temporary: string, now: number): CollectorLock | undefined {
    const lock = NumberedLock.take(join(directory, "collectors"), temporary, now);
    return lock && new CollectorLock(lock);
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}
