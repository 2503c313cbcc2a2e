/**
 * Work and waiting, so that the clock knows of it.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/**
 * What a promise gives, of somebody who works; meanwhile time may pass.
 *
 * @param wait - Who waits for whom, in one clause.
 */
export async function aside<T>(
  clock: Clock,
  wait: (() => string) | undefined,
  promise: Promise<T>,
): Promise<T> {
  using _ = clock.activity?.rest(wait);
  return await promise;
}

/** Does work that the clock waits for, if there is one that does. */
export async function atWork<T>(clock: Clock | undefined, work: () => Promise<T>): Promise<T> {
  using _ = clock?.activity?.begin();
  return await work();
}
