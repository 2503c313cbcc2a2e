/**
 * Single flight between processes: what another one runs at this moment is waited for, and not run.
 *
 *     turn ─▶ claimed? ─no──▶ run by somebody meanwhile? ─no──▶ run, with the claim
 *      ▲         │ yes                    └─yes─▶ its result
 *      └─────────┴─▶ give the turn back ─▶ wait until it is free
 *
 * A claim is held only while a command runs, and whoever holds one waits for nothing: no two processes
 * can wait for each other. If the other one has failed, or is dead, there is no result, and this one runs.
 *
 * @module
 */
import { aside } from "../base/aside.ts";
import type { Clock } from "../base/clock.ts";
import type { ActionKey } from "../graph/action.ts";
import type { Claims } from "../store/store.ts";

/** What a single flight is made of. */
export interface Flight<T> {
  readonly key: ActionKey;
  /** Name of the stage. */
  readonly name: string;
  /** Of a store without, nothing is known of others. */
  readonly claims: Claims | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Does work when it is this action's turn. */
  readonly inTurn: <W>(work: () => Promise<W>) => Promise<W>;
  /** What there is by now, if somebody has run it. */
  readonly reuse: () => Promise<T | undefined>;
  readonly run: () => Promise<T>;
}

/** Runs an action, unless somebody else does: then, what they give. */
export async function fly<T>(flight: Flight<T>): Promise<T> {
  const { key, name, claims, clock, signal, inTurn, reuse, run } = flight;
  if (claims === undefined) return await inTurn(run);
  for (;;) {
    const given = await inTurn(async () => {
      using claim = claims.take(key);
      if (claim === undefined) return elsewhere;
      // It may have been run while this one waited for its turn.
      return (await reuse()) ?? (await run());
    });
    if (given !== elsewhere) return given;
    const wait = (): string => `\`${name}\` waits for another build, which runs it`;
    await aside(clock, wait, claims.released(key, clock, signal));
    const theirs = await reuse();
    if (theirs !== undefined) return theirs;
  }
}

/** Says that somebody else has the claim. */
const elsewhere: unique symbol = Symbol("elsewhere");
