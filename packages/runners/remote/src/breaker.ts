/**
 * The breaker: decides when a service is left alone for the rest of a build.
 *
 *     closed ──▶ it is dead          a call gave up, and nothing was heard since it went wrong
 *                it is flaky         of the last 50 calls, more than 10 % gave up
 *                it is slow          builds have waited more for it than it has saved them
 *                ──▶ open, up to the end of the build
 *
 * It never closes again within a build: what came back might go away again, and each time costs.
 *
 * @module
 */
import type { BuildError, Clock } from "@ashlar/core";

import { mayPass } from "./remote-cache.ts";

/** Calls that the rate of failures is taken of; fewer than so many say nothing. */
const window = 50;
const fewCalls = 20;
const maxFailureRate = 0.1;

/** An answer after that is a slow one, in milliseconds. */
const slowMs = 500;

/** What a build may wait in vain for slow answers: so long, and so much of all its time. */
const freeWaitMs = 3000;
const freeWaitRate = 0.1;

/** Watches over one service, for one build. */
export class Breaker {
  readonly #clock: Clock;
  readonly #onOpen: (error: BuildError) => void;
  readonly #tooSlow: () => BuildError;
  readonly #startedAt: number;
  /** Whether each of the last calls has failed. */
  readonly #recent: boolean[] = [];
  #error: BuildError | undefined;
  #lives = 0;
  #lastLifeAt = 0;
  /** Time in which look-ups were waited for that took long and found nothing, and until when that was. */
  #vainMs = 0;
  #vainUntil = 0;
  #earnedMs = 0;

  /**
   * @param onOpen - Called once.
   * @param tooSlow - Makes the error for a service that is slow.
   */
  constructor(clock: Clock, onOpen: (error: BuildError) => void, tooSlow: () => BuildError) {
    this.#clock = clock;
    this.#onOpen = onOpen;
    this.#tooSlow = tooSlow;
    this.#startedAt = clock.now();
  }

  /** Why the service is left alone; `undefined` as long as it is not. */
  get error(): BuildError | undefined {
    return this.#error;
  }

  /** How often something was heard of the service, and when for the last time. */
  get lives(): number {
    return this.#lives;
  }
  get lastLifeAt(): number {
    return this.#lastLifeAt;
  }

  /** Something was heard: an answer, or a piece of one. */
  alive(): void {
    this.#lives++;
    this.#lastLifeAt = this.#clock.now();
  }

  /** A call was answered. */
  succeeded(): void {
    this.alive();
    this.#note(false);
  }

  /**
   * A call has given up.
   *
   * @param livesBefore - What {@link lives} was when it began.
   */
  failed(error: BuildError, livesBefore: number): void {
    if (!mayPass(error)) return this.succeeded();
    this.#note(true);
    const failures = this.#recent.filter(Boolean).length;
    const isFlaky =
      this.#recent.length >= fewCalls && failures > maxFailureRate * this.#recent.length;
    if (isFlaky || livesBefore === this.#lives) this.open(error);
  }

  /** A look-up is over. */
  lookedUp(startedAt: number, earnedMs: number | undefined): void {
    if (earnedMs !== undefined) {
      this.#earnedMs += earnedMs;
      return;
    }
    const now = this.#clock.now();
    if (now - startedAt <= slowMs) return;
    // Of look-ups at once, the same time is not counted twice.
    this.#vainMs += Math.max(0, now - Math.max(startedAt, this.#vainUntil));
    this.#vainUntil = now;
    const allowed = freeWaitMs + freeWaitRate * (now - this.#startedAt) + this.#earnedMs;
    if (this.#vainMs > allowed) this.open(this.#tooSlow());
  }

  /** Leaves the service alone from now on. */
  open(error: BuildError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#onOpen(error);
  }

  #note(hasFailed: boolean): void {
    this.#recent.push(hasFailed);
    if (this.#recent.length > window) this.#recent.shift();
  }
}
