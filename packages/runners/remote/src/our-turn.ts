/**
 * Our turn: whether it is up to us that something goes on which travels to or from a service, or up to the service.
 *
 * A disk of this machine that takes its time over one piece of a blob is no silence of the service.
 *
 * @module
 */
import type { Clock } from "@ashlar/core";

/** Who is waited for in the course of one call. At first, that is the service. */
export class OurTurn {
  readonly #clock: Clock;
  #isOurs = false;
  #endedAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The service has done its part. */
  begin(): void {
    this.#isOurs = true;
  }

  /** We have done ours. */
  end(): void {
    this.#isOurs = false;
    this.#endedAt = this.#clock.now();
  }

  /** When it was our turn for the last time, in milliseconds since 1970: now, while it is. */
  get lastAt(): number {
    return this.#isOurs ? this.#clock.now() : this.#endedAt;
  }
}
