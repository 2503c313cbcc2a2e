/**
 * Assertions about this library's own logic. A failed one is our bug, never the user's.
 *
 * @module
 */

/** Throws unless `condition` holds. The message says what was expected to be impossible. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (condition) return;
  throw new Error(
    `bug in ashlar: ${message}; please report it at https://github.com/ashlar/ashlar/issues`,
  );
}
