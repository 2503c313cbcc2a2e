/**
 * Event streams: the events of a build as an async iterable, for those who would rather pull.
 *
 *     build ──onEvent──▶ queue ──▶ for await
 *
 * A build tells its events without waiting, and it cannot be made to wait: back-pressure would make the
 * speed of a build depend on who watches it, and one that nobody reads would stand still. So the queue
 * has no bound. It holds only what the reader has not taken yet: a few hundred bytes an event, two events
 * a stage, and what commands print. A reader that keeps up holds nearly nothing; one that wants to be
 * slow should leave the loop, or drop what it does not need in an `onEvent` of its own.
 *
 * @module
 */
import type { BuildEvent } from "./event.ts";

/** How a stream treats a reader who leaves. */
export interface EventStreamOptions {
  /**
   * Called once, when a reader leaves the loop before the end. Leaving does not stop the build by
   * itself; to have that, abort the build's signal here.
   */
  readonly onLeave?: () => void;
}

/** Two ends of a queue of events. */
export interface EventStream {
  /** Give it to a build as its `onEvent`. Never throws. */
  readonly onEvent: (event: BuildEvent) => void;
  /**
   * The events, from the first one on, however late it is read. Each is given once: two loops share
   * them. Once a loop was left, the rest is dropped and there are no more.
   */
  readonly events: AsyncIterable<BuildEvent>;
  /** Lets the loop come to its end after what was told so far. Call it when the build is over. */
  readonly end: () => void;
}

/**
 * Makes a stream of events. For a build's own, `buildEvents` is shorter.
 *
 * @example
 * ```ts
 * const stream = eventStream();
 * const building = tryBuild(app, { runner, onEvent: stream.onEvent });
 * void building.finally(stream.end).catch(() => {});
 * for await (const event of stream.events) console.log(event.type);
 * const report = await building;
 * ```
 */
export function eventStream({ onLeave }: EventStreamOptions = {}): EventStream {
  const queue = new EventQueue(onLeave);
  return {
    onEvent: (event) => queue.push(event),
    events: { [Symbol.asyncIterator]: () => queue },
    end: () => queue.end(),
  };
}

type Result = IteratorResult<BuildEvent, undefined>;

const over: Result = { done: true, value: undefined };

class EventQueue implements AsyncIterator<BuildEvent, undefined> {
  #events: BuildEvent[] = [];
  /** Where the first event stands that was not taken. */
  #head = 0;
  #readers: ((result: Result) => void)[] = [];
  #isOver = false;
  readonly #onLeave: (() => void) | undefined;

  constructor(onLeave: (() => void) | undefined) {
    this.#onLeave = onLeave;
  }

  push(event: BuildEvent): void {
    if (this.#isOver) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#events.push(event);
    else reader({ done: false, value: event });
  }

  end(): void {
    this.#isOver = true;
    for (const reader of this.#readers.splice(0)) reader(over);
  }

  next(): Promise<Result> {
    const event = this.#events[this.#head];
    if (event !== undefined) {
      this.#head++;
      this.#forgetTaken();
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#isOver) return Promise.resolve(over);
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** A reader left. */
  return(): Promise<Result> {
    const isEarly = !this.#isOver || this.#head < this.#events.length;
    this.#events = [];
    this.#head = 0;
    this.end();
    if (isEarly) this.#onLeave?.();
    return Promise.resolve(over);
  }

  /** Half of the list at a time, so that each event is moved once at most, on average. */
  #forgetTaken(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#events.length) return;
    this.#events = this.#events.slice(this.#head);
    this.#head = 0;
  }
}
