/**
 * The wording of errors about sandboxes.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** Commands are to be run in a sandbox only, and there can be none. */
export function sandboxUnavailable(reason: string, hint: string): BuildError {
  return new BuildError({
    code: "SANDBOX_UNAVAILABLE",
    message: "commands are to run in a sandbox, and this machine has none",
    facts: { reason },
    hint,
  });
}
