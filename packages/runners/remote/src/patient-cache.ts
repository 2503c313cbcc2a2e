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
import {
  systemClock,
  type ActionKey,
  type Clock,
  type Digest,
  type Hermeticity,
  type RemoteCacheUse,
} from "@ashlar/core";

import { tryAgain } from "./attempts.ts";
import { EarlyCall } from "./early-call.ts";
import { FirstBytes } from "./first-bytes.ts";
import { OurTurn } from "./our-turn.ts";
import { patientDownload } from "./patient-download.ts";
import { Questions, type CallLimit } from "./questions.ts";
import type { CallContext, RemoteCache } from "./remote-cache.ts";
import { Session, type Patience, type Way } from "./session.ts";
import type { Tallies, Tally } from "./tally.ts";

/** A remote cache that is called with patience. What it rejects with was counted already. */
export class PatientCache implements AsyncDisposable {
  readonly #cache: RemoteCache;
  readonly #patience: Patience;
  #session: Session;
  #questions: Questions;
  #firstBytes: FirstBytes;

  constructor(cache: RemoteCache, patience: Patience) {
    this.#cache = cache;
    this.#patience = patience;
    this.#session = new Session({ cache, patience, clock: systemClock });
    this.#questions = new Questions(this.#session);
    this.#firstBytes = new FirstBytes(this.#session);
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
    this.#session = new Session({ cache: this.#cache, patience: this.#patience, clock });
    this.#questions = new Questions(this.#session);
    this.#firstBytes = new FirstBytes(this.#session);
    this.#cache.begin?.();
  }

  /** Asks the service what it can do, so that this is known when somebody needs it. */
  open(): void {
    this.#questions.ready().catch(() => {});
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
    return this.#session.whyNot(way) === undefined;
  }

  /** Whether the service takes anything from us. */
  async canWrite(): Promise<boolean> {
    return (await this.#questions.ready()).canWrite && this.isOpen("write");
  }

  /** The bytes of a result; `undefined` when there is none, or not in time. */
  async lookUp(key: ActionKey): Promise<Uint8Array | undefined> {
    const limit = { totalMs: this.#patience.lookUpMs };
    const look = async (context: CallContext): Promise<Uint8Array | undefined> =>
      await this.#cache.getResult(key, context);
    using early = this.#callEarly(look);
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
    const firstBytes = this.#firstBytes;
    return await this.#call("read", "silence", async (context) => {
      using _ = firstBytes.expect(digests);
      const found = await this.#cache.readAll(digests, context);
      firstBytes.came();
      return found;
    });
  }

  /**
   * The bytes of a blob, in pieces; less than all of them when it is not there any more. Where it broke off, it
   * goes on.
   */
  async *read(digest: Digest): AsyncGenerator<Uint8Array, void> {
    yield* patientDownload(this.#session, this.#questions, this.#firstBytes, digest);
  }

  /** As that of a remote cache. */
  async writeAll(blobs: ReadonlyMap<Digest, Uint8Array>): Promise<void> {
    await this.#write(async (context) => await this.#cache.writeAll(blobs, context));
  }

  /** As that of a remote cache. */
  async write(digest: Digest, open: (offset: number) => AsyncIterable<Uint8Array>): Promise<void> {
    const { breaker, clock } = this.#session;
    const turn = new OurTurn(clock);
    const heard = async function* heard(offset: number): AsyncGenerator<Uint8Array, void> {
      turn.begin();
      try {
        for await (const piece of open(offset)) {
          turn.end();
          // Somebody has taken the last one.
          breaker.alive();
          yield piece;
          turn.begin();
        }
      } finally {
        turn.end();
      }
    };
    await this.#write(async (context) => await this.#cache.write(digest, heard, context), turn);
  }

  /** As that of a remote cache. */
  async putResult(key: ActionKey, message: Uint8Array): Promise<void> {
    await this.#write(async (context) => await this.#cache.putResult(key, message, context));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cache[Symbol.asyncDispose]();
  }

  async #write(work: (context: CallContext) => Promise<void>, turn?: OurTurn): Promise<void> {
    await this.#call("write", "silence", work, turn);
  }

  async #call<T>(
    way: Way,
    limit: CallLimit,
    work: (context: CallContext) => Promise<T>,
    turn?: OurTurn,
  ): Promise<T> {
    const session = this.#session;
    const questions = this.#questions;
    await questions.checkReady(way);
    const { breaker } = session;
    let livesBefore = breaker.lives;
    using watch = questions.watch(limit, turn);
    try {
      const value = await tryAgain(session, watch.signal, work, (attempt) => {
        // What was heard in the course of it was before something went wrong.
        if (attempt === 1 && limit === "silence") livesBefore = breaker.lives;
      });
      breaker.succeeded();
      return value;
    } catch (error) {
      const isSilent = limit === "silence" && watch.signal.aborted;
      throw session.failed(way, error, isSilent ? breaker.lives : livesBefore);
    }
  }

  /** Makes a call to read before it is known what the service can do, if it is not. */
  #callEarly<T>(work: (context: CallContext) => Promise<T>): EarlyCall<T> | undefined {
    const { signal } = this.#session;
    if (this.#questions.isReady || signal.aborted) return undefined;
    this.#questions.ready().catch(() => {});
    return new EarlyCall(signal, work);
  }
}
