/**
 * Downloads with patience: the bytes of one blob, which go on where they broke off.
 *
 * @module
 */
import { sizeOf, untilAborted, type Digest } from "@ashlar/core";

import { maxAttempts, pauseAfter } from "./attempts.ts";
import { remoteUnavailable } from "./errors.ts";
import type { FirstBytes } from "./first-bytes.ts";
import { OurTurn } from "./our-turn.ts";
import type { Questions } from "./questions.ts";
import { mayPass } from "./remote-cache.ts";
import type { Session } from "./session.ts";

/** The bytes of a blob, in pieces; less than all of them when it is not there any more. */
export async function* patientDownload(
  session: Session,
  questions: Questions,
  firstBytes: FirstBytes,
  digest: Digest,
): AsyncGenerator<Uint8Array, void> {
  await questions.checkReady("read");
  const { breaker, cache } = session;
  let livesBefore = breaker.lives;
  let at = 0;
  let attempts = 0;
  const turn = new OurTurn(session.clock);
  using watch = questions.watch("silence", turn);
  const { signal } = watch;
  try {
    while (at < sizeOf(digest)) {
      const before = at;
      let cause: unknown;
      try {
        using _ = firstBytes.expect([digest]);
        const pieces = await untilAborted(cache.read(digest, at, { signal }), signal);
        if (pieces === undefined) {
          firstBytes.came();
          return breaker.succeeded();
        }
        for await (const piece of unlessAborted(pieces, signal)) {
          firstBytes.came();
          breaker.alive();
          at += piece.byteLength;
          turn.begin();
          yield piece;
          turn.end();
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
          : remoteUnavailable(cache.name, "it breaks off a download");
      await pauseAfter(session, attempts, cause, signal);
    }
    breaker.succeeded();
  } catch (error) {
    // Who was given up for his silence was heard of before, and nothing since.
    throw session.failed("read", error, signal.aborted ? breaker.lives : livesBefore);
  }
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
