/**
 * Reasons: an error on one line, with why it came about.
 *
 * @module
 */
import type { ErrorSummary } from "@ashlar/core";

/** What an error says, and the reason that it gives, if there is one among its facts. */
export function reasonOf({ message, text }: ErrorSummary): string {
  const reason = /^ {2}reason +(.+)$/m.exec(text)?.[1];
  return reason === undefined ? message : `${message} (${reason})`;
}
