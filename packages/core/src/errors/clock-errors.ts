/**
 * The wording of errors about clocks.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** Waits that an error shows at most. */
const maxShown = 12;

/**
 * Nothing in a build can go on, and none of it waits for time.
 *
 * @param waits - Who waits for whom, in one clause each.
 */
export function clockDeadlock(waits: readonly string[]): BuildError {
  const shown = waits.slice(0, maxShown);
  const more = waits.length - shown.length;
  if (more > 0) shown.push(`and ${more} more`);
  return new BuildError({
    code: "CLOCK_DEADLOCK",
    message: "nothing in the build can go on, and none of it waits for time",
    facts: { waits: shown.join("\n") },
    hint: "let what hangs end after some time, or give it a `timeoutMs`",
  });
}
