/**
 * Taking sources: what a build reads of the user's disk, and fetches, before anything rests on it.
 *
 * @module
 */
import type { SourceOrigin } from "../artifact/handle.ts";
import { aside } from "../base/aside.ts";
import type { Clock } from "../base/clock.ts";
import { BuildError } from "../errors/build-error.ts";
import { fetchesUnpinned } from "../errors/fetch-errors.ts";
import type { BuildEventBody } from "../events/event.ts";
import type { Sources } from "../rebuild/sources.ts";

/** Who hears of it, and who may stop it. */
export interface TakeContext {
  readonly clock: Clock;
  readonly emit: (body: BuildEventBody) => void;
  readonly signal: AbortSignal;
}

/** Files that are fetched at once. */
const maxFetching = 6;

/**
 * Copies sources into the store: directories one after another, and beside them some fetched files at once.
 * False when the signal was aborted before. The first failure stops what is under way.
 *
 * @throws {@link BuildError} the first error of a source. Files that are not pinned are told all at once.
 */
export async function takeSources(
  origins: Iterable<SourceOrigin>,
  sources: Sources,
  { clock, emit, signal }: TakeContext,
): Promise<boolean> {
  const unpinned: BuildError[] = [];
  let failure: { readonly error: unknown } | undefined;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const take = async (origin: SourceOrigin): Promise<void> => {
    const startedAt = clock.now();
    try {
      const { digest } = await sources.take(origin, either);
      const durationMs = clock.now() - startedAt;
      if (!signal.aborted) {
        emit({ type: "source-taken", location: origin.location, digest, durationMs });
      }
    } catch (error) {
      const isUnpinned = error instanceof BuildError && error.code === "FETCH_UNPINNED";
      if (isUnpinned) return void unpinned.push(error);
      failure ??= { error };
      stop.abort(error);
    }
  };
  const takeEach = async (queue: Iterator<SourceOrigin>): Promise<void> => {
    using _ = clock.activity?.begin();
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      if (failure !== undefined || signal.aborted) return;
      await take(next.value);
    }
  };
  const [directories, fetches]: SourceOrigin[][] = [[], []];
  for (const origin of origins) (origin.fetch === undefined ? directories : fetches)?.push(origin);
  const queue = (fetches ?? []).values();
  const fetchers = Array.from({ length: maxFetching }, async () => await takeEach(queue));
  const all = Promise.all([takeEach((directories ?? []).values()), ...fetchers]);
  await aside(clock, undefined, all);
  if (signal.aborted) return false;
  if (failure !== undefined) throw failure.error;
  const [first, ...others] = unpinned;
  if (first !== undefined) throw others.length === 0 ? first : fetchesUnpinned(unpinned);
  return true;
}
