/**
 * Closures, as commands carry them.
 *
 * @module
 */

/** The closure that is run in the place of a process. */
export interface OpaqueSpec {
  readonly run: (call: {
    readonly inputs: OpaqueSpec["inputs"];
    readonly out: OpaqueSpec["out"];
    readonly signal: AbortSignal;
    readonly log: (line: string) => void;
  }) => unknown;
  /** Paths in the input root, by the names that the closure knows them by. */
  readonly inputs: Readonly<Record<string, string | readonly string[]>>;
  readonly out: Readonly<Record<string, string>>;
}
