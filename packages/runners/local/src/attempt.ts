/**
 * Attempts: commands that start before it is known whether what they are shown is right.
 *
 *     command   ──start──▶ … reads … ──────────▶ end ─▶ counts, if it was right
 *     inputs       └─▶ looked at, all of them ─▶ wrong: the command is ended, and nothing of it counts
 *
 * Looking at ten thousand files that an earlier build has laid out takes as long as a sandbox and an interpreter need until
 * they have read anything. So both happen at once, where what a command does can be left aside.
 *
 * @module
 */
import type { Action, Execution, RunContext } from "@ashlar/core";

/** Runs a command. Calls `onStarted` as soon as that has been started. */
export type Run = (context: RunContext, onStarted?: () => void) => Promise<Execution>;

/**
 * Runs a command. `undefined` when its inputs were not right.
 *
 * @param areRight - Looks at the inputs, the first time that it is called. `undefined` where there is no need.
 */
export async function attempt(
  run: Run,
  action: Action,
  context: RunContext,
  areRight: (() => boolean) | undefined,
): Promise<Execution | undefined> {
  if (areRight === undefined) return await run(context);
  if (leavesTraces(action)) return areRight() ? await run(context) : undefined;
  const wrong = new AbortController();
  const inAttempt: RunContext = {
    ...context,
    signal: AbortSignal.any([wrong.signal, context.signal]),
    onLog: (stream, chunk) => {
      if (!wrong.signal.aborted) context.onLog(stream, chunk);
    },
  };
  const execution = await run(inAttempt, () => {
    if (!areRight()) wrong.abort();
  });
  return areRight() ? execution : undefined;
}

/** Whether a command may do what is not undone by leaving its outputs alone. */
function leavesTraces({ hasSideEffects, caches, network }: Action): boolean {
  return hasSideEffects || caches.length > 0 || network;
}
