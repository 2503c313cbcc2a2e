/**
 * The wording of errors about what commands see and no key holds: volatile values, secrets, caches.
 *
 * Like the catalogue, and split off from it for its length. A secret's name may be said, its value never.
 *
 * @module
 */
import type { BuildError } from "./build-error.ts";
import { invalidOption } from "./catalogue.ts";

/** Something that is no value was marked as volatile. */
export function volatileValue(found: string): BuildError {
  return invalidOption(
    "volatile",
    found,
    'a string or a number; where there may be none, say what stands for it: `?? ""`',
  );
}
