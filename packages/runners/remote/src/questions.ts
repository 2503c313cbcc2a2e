/**
 * Questions: what a service is asked besides its work: what it can do, before all else, and whether it is there, when it says
 * nothing. All who want to know at once ask once.
 *
 * @module
 */
import { digestBytes, systemClock, untilAborted } from "@ashlar/core";

import { tryAgain } from "./attempts.ts";
import { remoteUnavailable } from "./errors.ts";
import type { OurTurn } from "./our-turn.ts";
import { mayPass, type CacheAbilities } from "./remote-cache.ts";
import type { Session, Way } from "./session.ts";
import { Watch } from "./watch.ts";

/** How long a service may be busy with something and answer nothing but that it is there. */
const busyMs = 30_000;

/** For how long an answer counts that somebody else was given, in milliseconds. */
const freshMs = 500;

/** A blob that nobody has: whether it is there is asked of a service that says nothing. */
const nobodys = digestBytes(Buffer.from("Is anybody there?"));

/** What a call may take: so long, in milliseconds; or what it likes, but not in silence. */
export type CallLimit = "silence" | { readonly totalMs: number };

/** Asks the service of one session. */
export class Questions {
  readonly #session: Session;
  #abilities: Promise<CacheAbilities> | undefined;
  /** Whether the service is there, and when it was asked. */
  #asked: { readonly at: number; readonly isThere: Promise<boolean> } | undefined;
  #isReady = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether it is known what the service can do. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** What the service can do: asked once, before all else. One that does not say so soon is left alone. */
  async ready(): Promise<CacheAbilities> {
    return await (this.#abilities ??= this.#askAbilities());
  }

  /** Waits until the service may be asked for something. Rejects when there is no use in it. */
  async checkReady(way: Way): Promise<void> {
    this.#session.signal.throwIfAborted();
    await this.ready();
    const error = this.#session.whyNot(way);
    if (error !== undefined) throw error;
  }

  /**
   * Watches over one call. To be disposed of when that is over.
   *
   * @param turn - Of a call in which it is not always the service that is waited for.
   */
  watch(given: CallLimit, turn?: OurTurn): Watch {
    const { cache, clock, signal, breaker, patience } = this.#session;
    const ask = async (): Promise<boolean> => await this.#isThere();
    const limit = given === "silence" ? { silentMs: patience.silenceMs, ask, busyMs } : given;
    return new Watch({
      ...{ clock, signal, limit },
      heardAt: () => Math.max(breaker.lastLifeAt, turn?.lastAt ?? 0),
      canBeLate: clock === systemClock,
      tooLate: (ms) => remoteUnavailable(cache.name, `no answer within ${ms / 1000} s`),
    });
  }

  /** Whether the service still answers anybody. */
  async #isThere(): Promise<boolean> {
    const now = this.#session.clock.now();
    const isRecent = this.#asked !== undefined && now - this.#asked.at < freshMs;
    if (!isRecent) this.#asked = { at: now, isThere: this.#ask() };
    return (await this.#asked?.isThere) ?? false;
  }

  async #ask(): Promise<boolean> {
    const { cache, patience } = this.#session;
    using watch = this.watch({ totalMs: patience.silenceMs });
    const { signal } = watch;
    try {
      await untilAborted(cache.missing([nobodys], { signal }), signal);
      return true;
    } catch (error) {
      // A refusal is an answer.
      return !signal.aborted && !mayPass(error);
    }
  }

  async #askAbilities(): Promise<CacheAbilities> {
    const { cache, patience, breaker } = this.#session;
    using watch = this.watch({ totalMs: patience.lookUpMs });
    try {
      const abilities = await tryAgain(this.#session, watch.signal, async (context) => {
        return await cache.abilities(context);
      });
      breaker.alive();
      this.#isReady = true;
      return abilities;
    } catch (error) {
      throw this.#session.giveUp(error);
    }
  }
}
