/**
 * The resource queue: who may start next, when all want a share of what there is.
 *
 * The most urgent first. One who does not fit yet is passed by others, but not for ever:
 *
 *     what it lacks       is kept for it at once: nobody behind it takes any
 *     what it needs       is kept for it too, once others that take of it have passed it `patience` times
 *
 * So nobody starves, and little lies idle: a command that waits for the one database does not keep
 * processors from those that need none.
 *
 * Pure bookkeeping: it starts nothing and awaits nothing.
 *
 * @module
 */
import { invariant } from "../base/assert.ts";
import { Heap } from "../base/heap.ts";
import { sharesAny, type Amounts } from "../graph/amounts.ts";

/** How often one who waits may be passed by others that take of what it needs. */
export const patience = 8;

/** One who waits. */
export interface Waiter {
  readonly request: Amounts;
  /** The greater, the more urgent. */
  readonly priority: number;
  /** When it came, as a number: of those as urgent, the first one goes first. */
  readonly order: number;
}

/** Those who wait for the same amounts. If the first of them does not fit, none does. */
interface Line<W extends Waiter> {
  readonly request: Amounts;
  readonly waiters: Heap<W>;
  /** How often its first one was passed. */
  passed: number;
}

/** Shares resources out. */
export class ResourceQueue<W extends Waiter> {
  readonly #free = new Map<string, number>();
  readonly #capacityOf: (resource: string) => number;
  /** By their requests, as text. */
  readonly #lines = new Map<string, Line<W>>();

  constructor(capacityOf: (resource: string) => number) {
    this.#capacityOf = capacityOf;
  }

  /** True when somebody waits. */
  get isWaitedFor(): boolean {
    return this.#lines.size > 0;
  }

  /** How urgent the most urgent one who waits is; `undefined` when nobody waits. */
  get urgency(): number | undefined {
    let most: number | undefined;
    for (const { waiters } of this.#lines.values()) {
      const { priority = -Infinity } = waiters.peek() ?? {};
      most = Math.max(most ?? -Infinity, priority);
    }
    return most;
  }

  /** How much of a resource nobody has. */
  freeOf(resource: string): number {
    let free = this.#free.get(resource);
    if (free === undefined) this.#free.set(resource, (free = this.#capacityOf(resource)));
    return free;
  }

  /** Lets somebody wait. */
  add(waiter: W): void {
    const { request } = waiter;
    const text = JSON.stringify(request);
    let line = this.#lines.get(text);
    if (line === undefined) {
      line = { request, waiters: new Heap<W>(byUrgency), passed: 0 };
      this.#lines.set(text, line);
    }
    const first = line.waiters.peek();
    line.waiters.push(waiter);
    if (first !== line.waiters.peek()) line.passed = 0;
  }

  /** Takes amounts, if all of them are free, past all who wait. */
  take(request: Amounts): boolean {
    for (const resource in request) {
      if (this.freeOf(resource) < (request[resource] ?? 0)) return false;
    }
    this.#change(request, -1);
    return true;
  }

  /** Gives amounts back. */
  giveBack(request: Amounts): void {
    this.#change(request, 1);
  }

  /** Gives the most urgent one who may start its share, and returns it. */
  next(): W | undefined {
    const kept = new Map<string, number>();
    const held: Line<W>[] = [];
    for (const [text, line] of this.#byUrgency()) {
      if (this.#fits(line.request, kept)) {
        const { waiters, request } = line;
        const waiter = waiters.pop();
        this.#change(request, -1);
        line.passed = 0;
        if (waiters.size === 0) this.#lines.delete(text);
        for (const other of held) if (sharesAny(other.request, request)) other.passed++;
        return waiter;
      }
      this.#keep(line, kept);
      held.push(line);
    }
    return undefined;
  }

  /** The lines, the one with the most urgent waiter first. There are few: most commands are alike. */
  #byUrgency(): readonly [string, Line<W>][] {
    const lines = [...this.#lines];
    if (lines.length < 2) return lines;
    return lines.toSorted(([, a], [, b]) => {
      const [first, second] = [a.waiters.peek(), b.waiters.peek()];
      invariant(first !== undefined && second !== undefined, "a line has somebody in it");
      return byUrgency(first, second);
    });
  }

  #fits(request: Amounts, kept: ReadonlyMap<string, number>): boolean {
    for (const resource in request) {
      const free = this.freeOf(resource) - (kept.get(resource) ?? 0);
      if (free < (request[resource] ?? 0)) return false;
    }
    return true;
  }

  /** Adds to what is kept for those who cannot start yet. */
  #keep({ request, passed }: Line<W>, kept: Map<string, number>): void {
    for (const resource in request) {
      const needed = request[resource] ?? 0;
      if (passed < patience && this.freeOf(resource) >= needed) continue;
      kept.set(resource, (kept.get(resource) ?? 0) + needed);
    }
  }

  #change(request: Amounts, sign: 1 | -1): void {
    for (const resource in request) {
      this.#free.set(resource, this.freeOf(resource) + sign * (request[resource] ?? 0));
    }
  }
}

function byUrgency(a: Waiter, b: Waiter): number {
  return b.priority - a.priority || a.order - b.order;
}
