/**
 * Names that are given out: of the nodes and edges of a graph.
 *
 * @module
 */

/** Gives names out, each once: `compile`, then `compile#2`. */
export class Names {
  // Graphology keeps neighbours in plain objects, which have a meaning for this name.
  readonly #taken = new Set(["__proto__"]);
  /** By name: the number to try next. */
  readonly #next = new Map<string, number>();

  take(name: string): string {
    let free = name;
    for (let n = this.#next.get(name) ?? 2; this.#taken.has(free); n++) {
      free = `${name}#${n}`;
      this.#next.set(name, n + 1);
    }
    this.#taken.add(free);
    return free;
  }
}
