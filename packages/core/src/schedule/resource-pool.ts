/**
 * The resource pool: commands run as soon as there is what they need, the most urgent first.
 *
 * Those who come in the same turn of the event loop are looked at together: the first one to come is not
 * always the most urgent. How urgent they are is asked only if not all of them can start at once.
 *
 * @module
 */
import type { Amounts } from "../graph/amounts.ts";
import { ResourceQueue, type Waiter } from "./resource-queue.ts";

/** How many may come before they are looked at, in the same turn or not. */
export const crowd = 64;

/** One who has come. */
interface Arrival {
  readonly request: Amounts;
  readonly rank: number;
  readonly priorityOf: () => number;
  readonly start: () => void;
}

/** Resources for running commands. */
export class ResourcePool {
  readonly #queue: ResourceQueue<Waiter & Pick<Arrival, "start">>;
  readonly #defer: (callback: () => void) => void;
  #arrivals: Arrival[] = [];
  #arrived = 0;
  #queued = 0;
  #isDeferred = false;

  /**
   * @param capacityOf - How much there is of a resource.
   * @param defer - Calls back when all that is under way in this turn has been done.
   */
  constructor(
    capacityOf: (resource: string) => number,
    defer: (callback: () => void) => void = setImmediate,
  ) {
    this.#queue = new ResourceQueue(capacityOf);
    this.#defer = defer;
  }

  /**
   * Runs a piece of work when there is what it needs.
   *
   * @param request - Of no resource more than there is.
   * @param priorityOf - How urgent it is; greater goes first. Called once, and only if somebody has to wait.
   * @param work - May give back what it has before it is over, once.
   * @param rank - Of those as urgent that come together, the smaller one goes first. Absent: the first one.
   */
  async use<T>(
    request: Amounts,
    priorityOf: () => number,
    work: (giveBack: () => void) => Promise<T>,
    rank: number = this.#arrived++,
  ): Promise<T> {
    await new Promise<void>((start) => {
      this.#arrivals.push({ request, rank, priorityOf, start });
      if (this.#arrivals.length >= crowd) this.#admit();
      else this.#admitLater();
    });
    let isGivenBack = false;
    const giveBack = (): void => {
      if (isGivenBack) return;
      isGivenBack = true;
      this.#queue.giveBack(request);
      // What becomes ready by this work is about to come, and may be more urgent than who waits.
      if (this.#queue.isWaitedFor) this.#admitLater();
    };
    try {
      return await work(giveBack);
    } finally {
      giveBack();
    }
  }

  /** How urgent the most urgent one who waits is; `undefined` when nobody waits. */
  get urgency(): number | undefined {
    return this.#queue.urgency;
  }

  #admitLater(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#defer(() => {
      this.#isDeferred = false;
      this.#admit();
    });
  }

  /** Starts all that can be started. */
  #admit(): void {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    if (!this.#queue.isWaitedFor && this.#takeAll(arrivals)) return;
    for (const { request, priorityOf, start } of arrivals.toSorted((a, b) => a.rank - b.rank)) {
      this.#queue.add({ request, order: this.#queued++, priority: priorityOf(), start });
    }
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next()) {
      next.start();
    }
  }

  /** Starts all of them, or none. */
  #takeAll(arrivals: readonly Arrival[]): boolean {
    for (const [at, { request }] of arrivals.entries()) {
      if (this.#queue.take(request)) continue;
      for (const taken of arrivals.slice(0, at)) this.#queue.giveBack(taken.request);
      return false;
    }
    for (const { start } of arrivals) start();
    return true;
  }
}
