/**
 * The virtual clock: time that passes when nothing else can happen, and then at once.
 *
 *     somebody works ──▶ time stands still
 *     all wait       ──▶ on to the next callback, however far away
 *     all wait, and nobody for time ──▶ those who watch for that are told
 *
 * It guesses nothing: whoever works says so, by {@link Activity}. What is left are steps of promises, which
 * are over when the event loop turns; so it looks once in a turn, and what it sees is all there is.
 *
 * @module
 */
import { invalidOption, type Activity, type Clock } from "@ashlar/core";

import { Timers, type Timer } from "./timers.ts";

/** How a virtual clock goes. */
export interface VirtualClockOptions {
  /** What it shows at first, in milliseconds since 1970. @defaultValue 0 */
  readonly startsAt?: number;
  /**
   * Whether it moves by itself when nobody works. Otherwise it stands still until
   * {@link VirtualClock.advance} is called.
   *
   * @defaultValue true
   */
  readonly movesByItself?: boolean;
}

/** Time that a test, or nobody, has in hand. */
export interface VirtualClock extends Clock {
  readonly activity: Activity;
  /** How many callbacks are still to come. */
  readonly pending: number;
  /**
   * Lets time pass, whoever works: calls back all that is due within some milliseconds, in order.
   *
   * @throws {@link BuildError} `INVALID_OPTION` unless `ms` is a number from 0 on.
   */
  advance(ms: number): void;
}

/**
 * Makes a virtual clock, to build with.
 *
 * @throws {@link BuildError} `INVALID_OPTION`.
 * @example
 * ```ts
 * const clock = virtualClock();
 * await build(app, { runner, store: new MemoryStore(), clock });
 * clock.now(); // so many milliseconds later, and no time has passed
 * ```
 */
export function virtualClock(options: VirtualClockOptions = {}): VirtualClock {
  return new SteppingClock(options);
}

class SteppingClock implements VirtualClock, Activity {
  #now: number;
  readonly #movesByItself: boolean;
  readonly #timers = new Timers();
  /** Less than nobody when somebody waits who has not begun: a slow store that a test reads after a build. */
  #atWork = 0;
  /** Who waits for whom, one for each who rests. */
  readonly #waits = new Set<{ readonly wait: (() => string) | undefined }>();
  readonly #watchers = new Set<{ readonly callback: (waits: readonly string[]) => void }>();
  #isLooking = false;

  constructor({ startsAt = 0, movesByItself = true }: VirtualClockOptions) {
    if (!Number.isFinite(startsAt)) throw invalidOption("startsAt", `${startsAt}`, "a number");
    this.#now = startsAt;
    this.#movesByItself = movesByItself;
  }

  get activity(): Activity {
    return this;
  }

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    // For ever: such a callback never comes, and nobody need wait for it.
    if (ms === Infinity) return () => {};
    const timer = this.#timers.add(this.#now + (ms > 0 ? ms : 0), callback);
    this.#lookLater();
    return () => this.#timers.remove(timer);
  }

  advance(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) throw invalidOption("advance", `${ms}`, "a number from 0 on");
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.first;
      if (next === undefined || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      this.#fire(next);
    }
    this.#now = end;
  }

  begin(): Disposable {
    this.#atWork++;
    return once(() => this.#leave());
  }

  rest(wait?: () => string): Disposable {
    const waiting = { wait };
    this.#waits.add(waiting);
    this.#leave();
    return once(() => {
      this.#waits.delete(waiting);
      this.#atWork++;
    });
  }

  onStuck(callback: (waits: readonly string[]) => void): Disposable {
    const watcher = { callback };
    this.#watchers.add(watcher);
    return once(() => this.#watchers.delete(watcher));
  }

  #leave(): void {
    this.#atWork--;
    this.#lookLater();
  }

  /** When promises have come to rest. */
  #lookLater(): void {
    if (this.#atWork > 0 || this.#isLooking || !this.#movesByItself) return;
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      if (this.#atWork <= 0) this.#moveOn();
    });
  }

  #moveOn(): void {
    const next = this.#timers.first;
    if (next === undefined) {
      const waits = [...this.#waits].flatMap(({ wait }) => wait?.() ?? []);
      for (const { callback } of this.#watchers) callback(waits);
      return;
    }
    this.#now = Math.max(this.#now, next.at);
    // All of one instant in one turn, as a machine's timers: who gets what is decided when all of it is over.
    for (const timer of this.#timers.dueAt(next.at)) setImmediate(() => this.#fire(timer));
    // Behind those.
    this.#lookLater();
  }

  #fire(timer: Timer): void {
    if (this.#timers.remove(timer)) timer.callback();
  }
}

function once(work: () => void): Disposable {
  let isOver = false;
  return {
    [Symbol.dispose]: () => {
      if (isOver) return;
      isOver = true;
      work();
    },
  };
}
