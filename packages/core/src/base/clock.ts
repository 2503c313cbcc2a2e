/**
 * Time, as something that is handed in: a test can hold it in its hand.
 *
 * A clock that moves by itself, from one callback to the next, may do so only when nothing else can go
 * on. It cannot see that, so it is told: who works says so, and so does who waits ({@link Activity}).
 *
 * @module
 */

/** Tells the time and waits. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once, after some milliseconds. Returns what calls it off. */
  after(ms: number, callback: () => void): () => void;
  /** Of a clock that moves only when nobody works; absent where time passes anyway. */
  readonly activity?: Activity | undefined;
}

/**
 * Who works, as far as a clock must know. Time stands still while anybody does.
 *
 * 1. Whatever begins and is not over is at work, unless it has said that it waits.
 * 2. One who waits does so for time, or for somebody who is known here as well; for nothing else.
 * 3. When what it waits for has come, it says so before the event loop turns: in promises, without I/O.
 */
export interface Activity {
  /** Something begins, and goes on until what is returned is disposed of. */
  begin(): Disposable;
  /**
   * Something that has begun waits, until what is returned is disposed of.
   *
   * @param wait - Who waits for whom, in one clause: `` `link` waits for a slot ``. Absent where that is clear
   *   from what others say.
   */
  rest(wait?: () => string): Disposable;
  /** Calls back, with all waits, when nothing will ever go on: all wait, and nobody for time. */
  onStuck(callback: (waits: readonly string[]) => void): Disposable;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
