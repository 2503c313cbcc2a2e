/**
 * The wording of errors about stores.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** A later version of this library has laid out the store in a way that this one does not know. */
export function storeTooNew(directory: string, found: number, known: number): BuildError {
  return new BuildError({
    code: "STORE_TOO_NEW",
    message: `the store in \`${directory}\` has layout ${found}, and this version knows layouts up to ${known}`,
    hint: "use the newer version, or name another directory with `store` or `ASHLAR_STORE`; nothing in it was touched",
  });
}

/** A blob that should be in the store is not, or is not what it was. */
export function blobLost(digest: string, why: string): BuildError {
  return new BuildError({
    code: "BLOB_LOST",
    message: "a blob is missing from the store, or damaged",
    facts: { digest, found: why },
    hint: "build again: what made the blob will run again",
  });
}

/** The store cannot be written to. */
export function storeUnwritable(directory: string, cause: Error): BuildError {
  return new BuildError({
    code: "STORE_UNWRITABLE",
    message: `the store \`${directory}\` cannot be written to`,
    facts: { reason: cause.message },
    hint: "make room or allow writing; or choose another place with the `store` option or `ASHLAR_STORE`",
    cause,
  });
}
