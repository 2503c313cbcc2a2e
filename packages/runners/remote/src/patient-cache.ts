/**
 * Patience: how calls to a remote cache are made, so that they bring something or are given up in time.
 *
 *     call ──▶ answer                         ┌──────────────▶ heard
 *      │ ▲                                     │
 *      ▼ └── pause ◀── it may pass ── failure ─┴─▶ it will not ──▶ told, and not asked again
 *     no hope ──▶ the breaker
 *
 * A look-up has a deadline, since the stage could be run meanwhile; whatever else goes on as long as anything is heard of
 * the service. All of it is for the time of one build: the next one gives the service another chance.
 *
 * @module
 */
import { setMaxListeners } from "node:events";

import {
  BuildError,
  digestBytes,
  sizeOf,
  systemClock,
  untilAborted,
  type ActionKey,
  type Clock,
  type Digest,
  type Hermeticity,
  type RemoteCacheUse,
} from "@ashlar/core";

import { Breaker } from "./breaker.ts";
import { EarlyCall } from "./early-call.ts";
import { remoteUnavailable, remoteUnfit } from "./errors.ts";
import { Idling } from "./idling.ts";
import {
  mayPass,
  type CacheAbilities,
  type CallContext,
  type RemoteCache,
} from "./remote-cache.ts";
import { Tallies, type Tally } from "./tally.ts";
import { Watch } from "./watch.ts";

/** Times that a call is made, and the pauses between, in milliseconds. */
const maxAttempts = 5;
const firstPauseMs = 100;
const longestPauseMs = 5000;

/** How long a service may be busy with something and answer nothing but that it is there. */
const busyMs = 30_000;

/** For how long an answer counts that somebody else was given, in milliseconds. */
const freshMs = 500;

/** A blob that nobody has: whether it is there is asked of a service that says nothing. */
const nobodys = digestBytes(Buffer.from("Is anybody there?"));

/** How patient one is. */
export interface Patience {
  /** How long a look-up of a result may take, in milliseconds. */
  readonly lookUpMs: number;
  /** How long nothing may be heard of the service while something travels, in milliseconds. */
  readonly silenceMs: number;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
}

type Way = "read" | "write";

/** The calls of one build, or of several at once. */
class Session {
  readonly clock: Clock;
  readonly tally: Tallies = new Tallies();
  readonly idling: Idling;
  readonly breaker: Breaker;
  readonly #controller = new AbortController();
  /** Why the service is not to be asked any more, one way. */
  readonly refusals: Partial<Record<Way, BuildError>> = {};
  abilities: Promise<CacheAbilities> | undefined;
  /** Whether the service is there, and when it was asked. */
  asked: { readonly at: number; readonly isThere: Promise<boolean> } | undefined;
  /** Whether it is known what the service can do. */
  isReady = false;

  constructor(clock: Clock, name: string) {
    this.clock = clock;
    this.idling = new Idling(clock);
    // Any number of calls listens to it.
    setMaxListeners(0, this.signal);
    const tooSlow = (): BuildError =>
      remoteUnavailable(name, "its answers came so late that builds without it are faster");
    this.breaker = new Breaker(clock, (error) => this.#controller.abort(error), tooSlow);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends all calls: nobody wants them any more. */
  end(reason: unknown): void {
    this.#controller.abort(reason);
  }
}

/** A remote cache that is called with patience. What it rejects with was counted already. */
export class PatientCache implements AsyncDisposable {
  readonly #cache: RemoteCache;
  readonly #patience: Patience;
  #session: Session;

  constructor(cache: RemoteCache, patience: Patience) {
    this.#cache = cache;
    this.#patience = patience;
    this.#session = new Session(systemClock, cache.name);
  }

  get name(): string {
    return this.#cache.name;
  }

  /** As that of a remote cache. */
  get hermeticity(): Hermeticity | undefined {
    return this.#cache.hermeticity;
  }

  get clock(): Clock {
    return this.#session.clock;
  }

  get tally(): Tallies {
    return this.#session.tally;
  }

  /** Tells a build what goes wrong from now on, and that the service was given up already, if it was. */
  join(tally: Tally): void {
    const { breaker, tally: tallies } = this.#session;
    tallies.join(tally);
    if (breaker.error !== undefined) tally.failed(breaker.error);
  }

  /** Tells it nothing any more. */
  leave(tally: Tally): void {
    this.#session.tally.leave(tally);
  }

  /** What a promise gives, of somebody who waits for the cache. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    return await this.#session.idling.wait(promise);
  }

  /** Begins anew: a build begins, and none goes on. */
  begin(clock: Clock): void {
    this.#session = new Session(clock, this.name);
    this.#cache.begin?.();
  }

  /** Asks the service what it can do, so that this is known when somebody needs it. */
  open(): void {
    this.#ready(this.#session).catch(() => {});
  }

  /** Ends what is under way: nobody wants it any more. */
  end(reason: unknown): void {
    this.#session.end(reason);
  }

  /** What was done for a build; `undefined` when there is nothing to tell. */
  use(tally: Tally): RemoteCacheUse | undefined {
    const { breaker } = this.#session;
    return tally.use(this.name, breaker.error !== undefined, this.#cache.remarks?.());
  }

  /** Whether there is any use in asking, as far as is known by now. */
  isOpen(way: Way): boolean {
    return this.#whyNot(this.#session, way) === undefined;
  }

  /** Whether the service takes anything from us. */
  async canWrite(): Promise<boolean> {
    const session = this.#session;
    return (await this.#ready(session)).canWrite && this.isOpen("write");
  }

  /** The bytes of a result; `undefined` when there is none, or not in time. */
  async lookUp(key: ActionKey): Promise<Uint8Array | undefined> {
    const limit = { totalMs: this.#patience.lookUpMs };
    const look = async (context: CallContext): Promise<Uint8Array | undefined> =>
      await this.#cache.getResult(key, context);
    using early = this.#callEarly(this.#session, look);
    return await this.#call("read", limit, async (context) => {
      return await (early?.take() ?? look(context));
    });
  }

  /** Says what a look-up was worth: the time that its result saves, or `undefined` if there was none. */
  lookedUp(startedAt: number, earnedMs: number | undefined): void {
    this.#session.breaker.lookedUp(startedAt, earnedMs);
  }

  /** As that of a remote cache. */
  async missing(digests: readonly Digest[]): Promise<Digest[]> {
    return await this.#call("read", "silence", async (context) => {
      return await this.#cache.missing(digests, context);
    });
  }

  /** As that of a remote cache. */
  async readAll(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>> {
    return await this.#call("read", "silence", async (context) => {
      return await this.#cache.readAll(digests, context);
    });
  }

  /**
   * The bytes of a blob, in pieces; less than all of them when it is not there any more. Where it broke off, it
   * goes on.
   */
  async *read(digest: Digest): AsyncGenerator<Uint8Array, void> {
    const session = this.#session;
    await this.#checkReady(session, "read");
    const { breaker } = session;
    let livesBefore = breaker.lives;
    let at = 0;
    let attempts = 0;
    using watch = this.#watch(session, "silence");
    const { signal } = watch;
    try {
      while (at < sizeOf(digest)) {
        const before = at;
        let cause: unknown;
        try {
          const pieces = await untilAborted(this.#cache.read(digest, at, { signal }), signal);
          if (pieces === undefined) return breaker.succeeded();
          for await (const piece of unlessAborted(pieces, signal)) {
            breaker.alive();
            at += piece.byteLength;
            yield piece;
          }
        } catch (error) {
          signal.throwIfAborted();
          if (!mayPass(error)) throw error;
          cause = error;
        }
        if (at >= sizeOf(digest)) break;
        attempts = at > before ? 1 : attempts + 1;
        if (attempts === 1) livesBefore = breaker.lives;
        if (attempts === maxAttempts)
          throw cause instanceof Error
            ? cause
            : remoteUnavailable(this.name, "it breaks off a download");
        await this.#pause(session, attempts, cause, signal);
      }
      breaker.succeeded();
    } catch (error) {
      // Who was given up for his silence was heard of before, and nothing since.
      throw this.#failed(session, "read", error, signal.aborted ? breaker.lives : livesBefore);
    }
  }

  /** As that of a remote cache. */
  async writeAll(blobs: ReadonlyMap<Digest, Uint8Array>): Promise<void> {
    await this.#write(async (context) => await this.#cache.writeAll(blobs, context));
  }

  /** As that of a remote cache. */
  async write(digest: Digest, open: (offset: number) => AsyncIterable<Uint8Array>): Promise<void> {
    const { breaker } = this.#session;
    const heard = async function* heard(offset: number): AsyncGenerator<Uint8Array, void> {
      for await (const piece of open(offset)) {
        // Somebody has taken the last one.
        breaker.alive();
        yield piece;
      }
    };
    await this.#write(async (context) => await this.#cache.write(digest, heard, context));
  }

  /** As that of a remote cache. */
  async putResult(key: ActionKey, message: Uint8Array): Promise<void> {
    await this.#write(async (context) => await this.#cache.putResult(key, message, context));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cache[Symbol.asyncDispose]();
  }

  async #write(work: (context: CallContext) => Promise<void>): Promise<void> {
    await this.#call("write", "silence", work);
  }

  async #call<T>(
    way: Way,
    limit: "silence" | { readonly totalMs: number },
    work: (context: CallContext) => Promise<T>,
  ): Promise<T> {
    const session = this.#session;
    await this.#checkReady(session, way);
    const { breaker } = session;
    let livesBefore = breaker.lives;
    using watch = this.#watch(session, limit);
    try {
      const value = await this.#tryAgain(session, watch.signal, work, (attempt) => {
        // What was heard in the course of it was before something went wrong.
        if (attempt === 1 && limit === "silence") livesBefore = breaker.lives;
      });
      breaker.succeeded();
      return value;
    } catch (error) {
      const isSilent = limit === "silence" && watch.signal.aborted;
      throw this.#failed(session, way, error, isSilent ? breaker.lives : livesBefore);
    }
  }

  /** Makes a call to read before it is known what the service can do, if it is not. */
  #callEarly<T>(
    session: Session,
    work: (context: CallContext) => Promise<T>,
  ): EarlyCall<T> | undefined {
    if (session.isReady || session.signal.aborted) return undefined;
    this.#ready(session).catch(() => {});
    return new EarlyCall(session.signal, work);
  }

  async #tryAgain<T>(
    session: Session,
    signal: AbortSignal,
    work: (context: CallContext) => Promise<T>,
    onFailure: (attempt: number) => void = () => {},
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      let cause: unknown;
      try {
        signal.throwIfAborted();
        return await untilAborted(work({ signal }), signal);
      } catch (error) {
        signal.throwIfAborted();
        onFailure(attempt);
        if (!mayPass(error) || attempt === maxAttempts) throw error;
        cause = error;
      }
      await this.#pause(session, attempt, cause, signal);
    }
  }

  /**
   * Waits before the same is tried again: longer each time, and not all who wait equally long. As long as the service
   * asks for, if that is longer: the limit of the call decides whether it is too long.
   */
  async #pause(
    { idling }: Session,
    attempt: number,
    cause: unknown,
    signal: AbortSignal,
  ): Promise<void> {
    const evenMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
    const ms = Math.max(evenMs, wishedMs(cause)) * (0.9 + 0.2 * this.#patience.random());
    await idling.pause(ms, signal);
  }

  #watch(session: Session, given: "silence" | { readonly totalMs: number }): Watch {
    const { clock, signal, breaker } = session;
    const ask = async (): Promise<boolean> => await this.#isThere(session);
    const limit = given === "silence" ? { silentMs: this.#patience.silenceMs, ask, busyMs } : given;
    return new Watch({
      ...{ clock, signal, limit },
      heardAt: () => breaker.lastLifeAt,
      canBeLate: clock === systemClock,
      tooLate: (ms) => remoteUnavailable(this.name, `no answer within ${ms / 1000} s`),
    });
  }

  /** Whether the service still answers anybody. All who want to know at once ask once. */
  async #isThere(session: Session): Promise<boolean> {
    const now = session.clock.now();
    const isRecent = session.asked !== undefined && now - session.asked.at < freshMs;
    if (!isRecent) session.asked = { at: now, isThere: this.#ask(session) };
    return (await session.asked?.isThere) ?? false;
  }

  async #ask(session: Session): Promise<boolean> {
    using watch = this.#watch(session, { totalMs: this.#patience.silenceMs });
    const { signal } = watch;
    try {
      await untilAborted(this.#cache.missing([nobodys], { signal }), signal);
      return true;
    } catch (error) {
      // A refusal is an answer.
      return !signal.aborted && !mayPass(error);
    }
  }

  /** Counts a failure, and decides what follows from it. */
  #failed(session: Session, way: Way, thrown: unknown, livesBefore: number): unknown {
    const { breaker, tally, refusals, signal } = session;
    // Nobody wants it any more; or the same was told of by another call.
    if (signal.aborted) return signal.reason;
    const error = this.#asOurs(thrown);
    tally.failed(error);
    if (error.code === "REMOTE_REFUSED") refusals[way] ??= error;
    else breaker.failed(error, livesBefore);
    return error;
  }

  #asOurs(thrown: unknown): BuildError {
    if (thrown instanceof BuildError) return thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return remoteUnfit(this.name, reason, "report this, with what the service is", thrown);
  }

  #whyNot({ breaker, refusals }: Session, way: Way): BuildError | undefined {
    return breaker.error ?? refusals[way];
  }

  async #checkReady(session: Session, way: Way): Promise<void> {
    session.signal.throwIfAborted();
    await this.#ready(session);
    const error = this.#whyNot(session, way);
    if (error !== undefined) throw error;
  }

  /** What the service can do: asked once, before all else. One that does not say so soon is left alone. */
  async #ready(session: Session): Promise<CacheAbilities> {
    return await (session.abilities ??= this.#askAbilities(session));
  }

  async #askAbilities(session: Session): Promise<CacheAbilities> {
    using watch = this.#watch(session, { totalMs: this.#patience.lookUpMs });
    try {
      const { signal } = watch;
      const abilities = await this.#tryAgain(session, signal, async (context) => {
        return await this.#cache.abilities(context);
      });
      session.breaker.alive();
      session.isReady = true;
      return abilities;
    } catch (error) {
      if (!session.signal.aborted) {
        const ours = this.#asOurs(error);
        session.tally.failed(ours);
        session.breaker.open(ours);
      }
      throw session.signal.reason;
    }
  }
}

/** How long a service wants to be left alone, in milliseconds: `RetryInfo` of what it answered. */
function wishedMs(error: unknown): number {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== "object" || cause === null || !("retryAfterMs" in cause)) return 0;
  return typeof cause.retryAfterMs === "number" ? cause.retryAfterMs : 0;
}

/** What an iteration gives, up to the moment when the signal is aborted. Whoever gives it may be stuck. */
async function* unlessAborted<T>(
  pieces: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  const each = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await untilAborted(each.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited, for the same reason.
    void each.return?.().catch(() => {});
  }
}
