/**
 * Demands: how far the results of others have to be trusted, to be reused in the place of running.
 *
 * A key says nothing of where a result was made, so a laptop and a sandbox share results. Who wants a sandbox for what it
 * proves must not be given what was made without one. Such a result is no result to him: he makes his own, which takes
 * its place.
 *
 * @module
 */
import type { Hermeticity } from "./runner.ts";

/** How far each is to be trusted. A container hides what a sandbox hides. */
const trust: Readonly<Record<Hermeticity, number>> = {
  none: 0,
  mock: 0,
  declared: 1,
  sandbox: 2,
  container: 2,
};

/**
 * Whether a result is good enough.
 *
 * @param worker - Who made it: `<runner>/<hermeticity>`, or `<runner>/<hermeticity>+cache`. One that says nothing of that
 *   kind, as those of other tools, is trusted with nothing.
 */
export function meetsDemand(worker: string, demand: Hermeticity | undefined): boolean {
  if (demand === undefined) return true;
  const [, said = ""] = /^[^/]+\/([a-z]+)(?:\+cache)?$/.exec(worker) ?? [];
  const worth = Object.hasOwn(trust, said) ? trust[said as Hermeticity] : 0;
  return worth >= trust[demand];
}

/** Why a command is run though there is a result, in one clause. */
export function demandText(worker: string, demand: Hermeticity): string {
  return `its result was made by \`${worker}\`, and no less than \`${demand}\` is wanted`;
}
