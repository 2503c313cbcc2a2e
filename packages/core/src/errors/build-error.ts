/**
 * The one error that this library throws on purpose.
 *
 * The wording of each lives in `catalogue.ts` and beside it; here is only its shape and how it prints. Any other
 * class of error that reaches a user is a bug in this library.
 *
 * @module
 */
import type { ErrorCode } from "./codes.ts";

/** What a {@link BuildError} is made of. */
export interface BuildErrorParts {
  /** Stable name of the problem. Each has a page: `docs/errors/<code>.md`. */
  readonly code: ErrorCode;
  /** One lowercase clause, no full stop, true on its own. */
  readonly message: string;
  /** What is known, in reading order. Unknown values are left out of print. */
  readonly facts?: Readonly<Record<string, string | undefined>>;
  /** What the user can do. Never repeats `message`. */
  readonly hint?: string | undefined;
  /** The lower failure behind this one. */
  readonly cause?: unknown;
}

/** A foreseen failure: told apart by `code`, explained by `facts`, fixed by `hint`. */
export class BuildError extends Error {
  static {
    // On the prototype, so that printing an error does not list its name as a field.
    this.prototype.name = "BuildError";
  }

  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, string | undefined>>;
  readonly hint: string | undefined;

  constructor({ code, message, facts = {}, hint, cause }: BuildErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
    this.hint = hint;
  }
}

/** Prints an error as a compiler would: headline, aligned facts, way out. */
export function renderError({ code, message, facts, hint }: BuildError): string {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...known.map(([label]) => label.length));
  const margin = " ".repeat(width + 4);
  const lines = known.map(
    ([label, value]) =>
      `  ${label.padEnd(width)}  ${String(value).replaceAll("\n", `\n${margin}`)}`,
  );
  const parts = [`error[${code}]: ${message}`, lines.join("\n"), hint && `hint: ${hint}`];
  return parts.filter(Boolean).join("\n\n");
}

/** The same error with facts in front of its own. */
export function withFacts(
  { code, message, facts, hint, cause }: BuildError,
  more: BuildErrorParts["facts"],
): BuildError {
  return new BuildError({ code, message, facts: { ...more, ...facts }, hint, cause });
}

/** An error as plain data, for events. */
export function summarize(error: BuildError): { code: string; message: string; text: string } {
  return { code: error.code, message: error.message, text: renderError(error) };
}
