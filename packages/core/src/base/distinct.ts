/**
 * Distinct things, in the order in which they came: a set for when there are mostly few of them.
 *
 * What a stage needs is a handful of others, and a graph has many stages: sets of three for 10,000 of them
 * cost 2 MB and 4 ms, which lists do not.
 *
 * @module
 */

/** More than these are not looked through one by one. */
const few = 16;

/** A set that starts as a list. */
export class Distinct<T> implements Iterable<T> {
  readonly #items: T[] = [];
  #index: Set<T> | undefined;

  /** The things, in the order in which they came. */
  get items(): readonly T[] {
    return this.#items;
  }

  get size(): number {
    return this.#items.length;
  }

  has(item: T): boolean {
    if (this.#items.length <= few) return this.#items.includes(item);
    this.#index ??= new Set(this.#items);
    return this.#index.has(item);
  }

  add(item: T): void {
    if (this.has(item)) return;
    this.#items.push(item);
    this.#index?.add(item);
  }

  clear(): void {
    this.#items.length = 0;
    this.#index = undefined;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]();
  }
}
