/**
 * First bytes: whether a service that answers also brings what it is asked for.
 *
 *     a read begins ──a third of the time it may be silent──▶ one byte of it is asked for ──▶ given up
 *        └── something comes of any read ──▶ it brings: nobody is watched any more
 *
 * A service whose disk is gone may know by heart what lies there, and answer every question but this. Whether it is
 * there does not tell it from one that is busy; that nothing has ever come of it does. One byte gets through a line that is
 * slow while all that was asked for is still on its way.
 *
 * @module
 */
import { sizeOf, systemClock, untilAborted, type Digest } from "@ashlar/core";

import { remoteUnavailable } from "./errors.ts";
import type { Session } from "./session.ts";
import { Watch } from "./watch.ts";

/** How long nothing may come, by how long a service may be silent. */
const rateOfSilence = 5 / 3;

/** Waits for the first byte that a service brings in a session. */
export class FirstBytes {
  readonly #session: Session;
  /** Reads of which nothing has come: what ends looking after each. */
  readonly #waiting = new Set<() => void>();
  #hasCome = false;
  #isTasting = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** A read begins. To be disposed of when it is over. */
  expect(wanted: readonly Digest[]): Disposable {
    if (this.#hasCome) return { [Symbol.dispose]: () => {} };
    const { clock, patience, signal } = this.#session;
    const totalMs = Math.ceil(patience.silenceMs * rateOfSilence);
    const canBeLate = clock === systemClock;
    const watch = new Watch({
      ...{ clock, signal, canBeLate, limit: { totalMs } },
      heardAt: () => -Infinity,
      tooLate: (ms) => this.#tooLate(ms),
    });
    watch.signal.addEventListener("abort", () => this.#session.giveUp(watch.signal.reason));
    const callOff = clock.after(Math.ceil(patience.silenceMs / 3), () => void this.#taste(wanted));
    const end = (): void => {
      this.#waiting.delete(end);
      callOff();
      watch[Symbol.dispose]();
    };
    this.#waiting.add(end);
    return { [Symbol.dispose]: end };
  }

  /** Something has come of a read: bytes, or that there are none. */
  came(): void {
    if (this.#hasCome) return;
    this.#hasCome = true;
    for (const end of this.#waiting) end();
  }

  #tooLate(ms: number): Error {
    const reason = `it answers, and sends nothing of what it has: not a byte in ${ms / 1000} s`;
    return remoteUnavailable(this.#session.cache.name, reason);
  }

  /** Asks for one byte of something that is wanted anyway. */
  async #taste(wanted: readonly Digest[]): Promise<void> {
    const [digest] = wanted.toSorted((a, b) => sizeOf(a) - sizeOf(b));
    if (this.#isTasting || digest === undefined) return;
    this.#isTasting = true;
    const { cache, signal } = this.#session;
    try {
      const pieces = await untilAborted(cache.read(digest, sizeOf(digest) - 1, { signal }), signal);
      const each = pieces?.[Symbol.asyncIterator]();
      if (each !== undefined) await untilAborted(each.next(), signal);
      this.came();
      void each?.return?.().catch(() => {});
    } catch {
      // Whoever reads it hears of that, too.
    }
    this.#isTasting = false;
  }
}
