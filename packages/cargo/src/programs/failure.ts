/**
 * A foreseen failure of a program: what is wrong, and what to do about it.
 *
 * Programs run inside build stages, where nothing of the engine exists, so this
 * is the only error they throw on purpose. Anything else that surfaces is a bug.
 *
 * @module
 */

/** A message for people: one lowercase clause, and a way out. */
export class Failure extends Error {
  static {
    this.prototype.name = "Failure";
  }

  /** What the reader can do. */
  readonly hint: string | undefined;
  /** What the process ends with. */
  readonly exitCode: number;

  constructor(message: string, { hint, exitCode = 1 }: { hint?: string; exitCode?: number } = {}) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** Prints a failure as a compiler would: headline, then the way out. */
export function renderFailure({ message, hint }: Failure): string {
  return hint === undefined ? `error: ${message}\n` : `error: ${message}\nhint: ${hint}\n`;
}
