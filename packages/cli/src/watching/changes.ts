/**
 * Changes: what has happened on the disk since somebody last asked, once it has become quiet.
 *
 * Editors write a file in several steps, and a checkout many files. What comes within a few milliseconds is one
 * change; but whoever is building is told at the first of it, so that it can stop.
 *
 * @module
 */

/** How long it must be quiet, in milliseconds. */
const quietMs = 20;

/** Gathers changes. */
export class Changes {
  readonly #paths = new Set<string>();
  #onFirst: (() => void) | undefined;
  #onQuiet: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Something happened to a path. */
  add(path: string): void {
    this.#paths.add(path);
    this.#onFirst?.();
    this.#onFirst = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onQuiet?.(), quietMs);
  }

  /** Whether nothing has happened since somebody last asked. */
  get isQuiet(): boolean {
    return this.#paths.size === 0;
  }

  /** Calls back as soon as there is a change, also one that is there already. Replaces who was to be called before. */
  onFirst(call: (() => void) | undefined): void {
    this.#onFirst = call;
    if (this.#paths.size === 0) return;
    this.#onFirst = undefined;
    call?.();
  }

  /** Resolves with the paths of the next change, sorted, once it is over; rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    await new Promise<void>((done, fail) => {
      const abort = (): void => fail(signal.reason as Error);
      signal.addEventListener("abort", abort, { once: true });
      this.#onQuiet = () => {
        signal.removeEventListener("abort", abort);
        done();
      };
      // It may have become quiet before anybody asked.
      if (this.#paths.size > 0) this.#timer = setTimeout(() => this.#onQuiet?.(), quietMs);
    });
    this.#onQuiet = undefined;
    clearTimeout(this.#timer);
    const paths = [...this.#paths].toSorted();
    this.#paths.clear();
    return paths;
  }

  /** Forgets everything, and calls nobody any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#onFirst = undefined;
    this.#onQuiet = undefined;
  }
}
