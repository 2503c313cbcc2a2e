/**
 * Races: a command runs at two places at once, and the first success counts.
 *
 * @module
 */
import type { Execution, RunContext } from "@ashlar/core";

/** Runs a command at one place. */
type Contender = (context: RunContext) => Promise<Execution>;

/**
 * Lets two contenders run the same. The first one that succeeds is believed, and the other is stopped; when it settles,
 * neither is left running. When neither succeeds, the first contender's end is that of the race.
 *
 * What a contender prints is passed on once it has won: two logs at once would be none.
 *
 * Rejects with the signal's reason, or with the first contender's error.
 */
export async function race(
  first: Contender,
  second: Contender,
  context: RunContext,
): Promise<Execution> {
  const stops = [new AbortController(), new AbortController()];
  let winner: Execution | undefined;
  const contend = async (run: Contender, at: number): Promise<Execution> => {
    const signal = AbortSignal.any([context.signal, stops[at]?.signal ?? context.signal]);
    const { onPhase } = context;
    const execution = await run({
      ...context,
      signal,
      onLog: () => {},
      onEnded: undefined,
      onPhase: at === 0 ? onPhase : undefined,
    });
    const isSuccess = execution.exitCode === 0 && execution.fault === undefined;
    if (isSuccess && winner === undefined && !signal.aborted) {
      winner = execution;
      stops[1 - at]?.abort(new Error("the other one was faster"));
    }
    return execution;
  };
  const [own] = await Promise.allSettled([contend(first, 0), contend(second, 1)]);
  context.signal.throwIfAborted();
  if (winner === undefined && own.status === "rejected") throw own.reason;
  const end = winner ?? (own as PromiseFulfilledResult<Execution>).value;
  for (const stream of ["stdout", "stderr"] as const) {
    const bytes = await context.content.read(end[stream]);
    if (bytes.byteLength > 0) context.onLog(stream, bytes);
  }
  return end;
}
