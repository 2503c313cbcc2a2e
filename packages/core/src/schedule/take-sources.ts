/**
 * Taking sources: what a build reads of the user's disk, before anything rests on it.
 *
 * @module
 */
import type { SourceOrigin } from "../artifact/handle.ts";
import type { Clock } from "../base/clock.ts";
import type { BuildEventBody } from "../events/event.ts";
import type { Sources } from "../rebuild/sources.ts";

/** Who hears of it, and who may stop it. */
export interface TakeContext {
  readonly clock: Clock;
  readonly emit: (body: BuildEventBody) => void;
  readonly signal: AbortSignal;
}

/** Copies sources into the store, one after another. False when the signal was aborted before. */
export async function takeSources(
  origins: Iterable<SourceOrigin>,
  sources: Sources,
  { clock, emit, signal }: TakeContext,
): Promise<boolean> {
  for (const origin of origins) {
    const startedAt = clock.now();
    try {
      const { digest } = await sources.take(origin);
      const durationMs = clock.now() - startedAt;
      emit({ type: "source-taken", location: origin.location, digest, durationMs });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (signal.aborted) return false;
  }
  return !signal.aborted;
}
