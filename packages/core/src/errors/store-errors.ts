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
