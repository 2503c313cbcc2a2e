/**
 * Every name the packages export, by the specifier people import it from.
 *
 * This is the public surface: a diff of this file is a review of the API. Sorted by code
 * unit; types carry the word `type`, as in the `export` list they come from.
 *
 * @module
 */

/** Entry point to the names it exports. */
export const publicNames: Readonly<Record<string, readonly string[]>> = {
  "@ashlar/cargo": [],
  "@ashlar/core": [],
  "@ashlar/core/testing": [],
  "@ashlar/runner-local": [],
  "@ashlar/runner-mock": [],
};
