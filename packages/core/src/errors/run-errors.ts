/**
 * The wording of errors about how commands are to be run: retries, side effects, resources.
 *
 * Like the catalogue, and split off from it for its length.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** A command is to be run again when it fails, and must not be run twice. */
export function retryWithSideEffects(times: number): BuildError {
  return new BuildError({
    code: "RETRY_WITH_SIDE_EFFECTS",
    message: "a command with side effects is to be run again when it fails",
    facts: { retries: String(times), sideEffects: "true" },
    hint: "drop `retries`, and have the command itself repeat what is safe to repeat; or drop `sideEffects`",
  });
}
