/**
 * Rests: a service that was found dead is left alone for a while, so that not each of a thousand commands waits for it in vain.
 *
 * To be found dead takes a quarter of a minute. What is to be executed in the seconds after that fails at once, for the same
 * reason; then the service has another chance.
 *
 * @module
 */
import type { BuildError, Clock } from "@ashlar/core";

/** How long, in milliseconds: short, for whoever has started it again does not want to be told that it is away. */
const restMs = 10_000;

/** The rest of one service. */
export class Rest {
  #current:
    | { readonly error: BuildError; readonly clock: Clock; readonly endsAt: number }
    | undefined;

  /** Begins one, with why. */
  begin(error: BuildError, clock: Clock): void {
    this.#current = { error, clock, endsAt: clock.now() + restMs };
  }

  /**
   * Lets pass who is not too early.
   *
   * @throws {@link BuildError} that with which it began, as long as it goes on.
   */
  check(clock: Clock): void {
    if (this.#current === undefined) return;
    const { error, clock: own, endsAt } = this.#current;
    // Times of different clocks say nothing of each other.
    if (own === clock && clock.now() < endsAt) throw error;
    this.#current = undefined;
  }
}
