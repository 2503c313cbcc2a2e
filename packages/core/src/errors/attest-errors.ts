/**
 * The wording of errors about provenance.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** A signed statement is not to be believed. */
export function provenanceUntrusted(reason: string): BuildError {
  return new BuildError({
    code: "PROVENANCE_UNTRUSTED",
    message: `the provenance is not to be believed: ${reason}`,
    facts: { reason },
    hint: "check that the envelope is whole, and that the key that should have signed it is among those that are trusted",
  });
}
