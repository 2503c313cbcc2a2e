/**
 * Timers in the order in which they are due; those of one instant in the order in which they were set.
 *
 * @module
 */

/** A callback to come. */
export interface Timer {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** Of one instant, the smaller one goes first. */
  readonly order: number;
  readonly callback: () => void;
}

/** The callbacks to come of one clock. */
export class Timers {
  /** The last one first: the next one is taken from the end. */
  readonly #timers: Timer[] = [];
  #added = 0;

  get size(): number {
    return this.#timers.length;
  }

  /** The next one. */
  get first(): Timer | undefined {
    return this.#timers.at(-1);
  }

  add(at: number, callback: () => void): Timer {
    const timer = { at, order: this.#added++, callback };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    return timer;
  }

  /** False when it was not there any more. */
  remove(timer: Timer): boolean {
    const place = this.#placeOf(timer);
    if (this.#timers[place] !== timer) return false;
    this.#timers.splice(place, 1);
    return true;
  }

  /** Those of the earliest instant, if that is this one. */
  dueAt(at: number): readonly Timer[] {
    const due: Timer[] = [];
    for (let place = this.size - 1; this.#timers[place]?.at === at; place--) {
      due.push(this.#timers[place] as Timer);
    }
    return due;
  }

  /** Where a timer stands, or would: behind all that come later. */
  #placeOf({ at, order }: Timer): number {
    let [from, to] = [0, this.#timers.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const other = this.#timers[middle] as Timer;
      if (other.at > at || (other.at === at && other.order > order)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
