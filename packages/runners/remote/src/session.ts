/**
 * Sessions: what is known of a remote cache for the time of one build, or of several at once, and what follows from its failures.
 *
 * It calls nobody. The next build gives the service another chance, so it has another session.
 *
 * @module
 */
import { setMaxListeners } from "node:events";

import { BuildError, type Clock } from "@ashlar/core";

import { Breaker } from "./breaker.ts";
import { remoteUnavailable, remoteUnfit } from "./errors.ts";
import { Idling } from "./idling.ts";
import type { RemoteCache } from "./remote-cache.ts";
import { Tallies } from "./tally.ts";

/** How patient one is. */
export interface Patience {
  /** How long a look-up of a result may take, in milliseconds. */
  readonly lookUpMs: number;
  /** How long nothing may be heard of the service while something travels, in milliseconds. */
  readonly silenceMs: number;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
}

/** A service may let us read and not write. */
export type Way = "read" | "write";

/** What a session is of. */
export interface SessionParts {
  readonly cache: RemoteCache;
  readonly patience: Patience;
  readonly clock: Clock;
}

/** The calls of one build, or of several at once. */
export class Session {
  readonly cache: RemoteCache;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly tally: Tallies = new Tallies();
  readonly idling: Idling;
  readonly breaker: Breaker;
  readonly #controller = new AbortController();
  /** Why the service is not to be asked any more, one way. */
  readonly #refusals: Partial<Record<Way, BuildError>> = {};

  constructor({ cache, patience, clock }: SessionParts) {
    this.cache = cache;
    this.patience = patience;
    this.clock = clock;
    this.idling = new Idling(clock);
    // Any number of calls listens to it.
    setMaxListeners(0, this.signal);
    const tooSlow = (): BuildError =>
      remoteUnavailable(cache.name, "its answers came so late that builds without it are faster");
    this.breaker = new Breaker(clock, (error) => this.#controller.abort(error), tooSlow);
  }

  /** Aborted when no call is to go on: with why the service is left alone, or with why nobody wants anything of it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends all calls: nobody wants them any more. */
  end(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Why there is no use in asking; `undefined` as long as there is some. */
  whyNot(way: Way): BuildError | undefined {
    return this.breaker.error ?? this.#refusals[way];
  }

  /**
   * Counts a failure, and decides what follows from it. Gives what the call is to reject with.
   *
   * @param livesBefore - What the breaker had heard when things began to go wrong.
   */
  failed(way: Way, thrown: unknown, livesBefore: number): unknown {
    // Nobody wants it any more; or the same was told of by another call.
    if (this.signal.aborted) return this.signal.reason;
    const error = this.#asOurs(thrown);
    this.tally.failed(error);
    if (error.code === "REMOTE_REFUSED") this.#refusals[way] ??= error;
    else this.breaker.failed(error, livesBefore);
    return error;
  }

  /** Counts that there is no use in the service at all, and leaves it alone. Gives what calls are to reject with. */
  giveUp(thrown: unknown): unknown {
    if (!this.signal.aborted) {
      const error = this.#asOurs(thrown);
      this.tally.failed(error);
      this.breaker.open(error);
    }
    return this.signal.reason;
  }

  #asOurs(thrown: unknown): BuildError {
    if (thrown instanceof BuildError) return thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return remoteUnfit(this.cache.name, reason, "report this, with what the service is", thrown);
  }
}
