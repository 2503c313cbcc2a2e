/**
 * An annotation: what a tool says of a place in a file.
 *
 * @module
 */

/** Something that a tool says of a place. */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  /** As the tool printed it: in most cases relative to where its command works. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; absent when the tool does not say. */
  readonly column?: number;
  /** What the tool calls it: `E0308`, `TS2322`, `no-undef`. */
  readonly code?: string;
  readonly message: string;
}

/** Looks for what one tool says. It gets lines without colours. */
export type Parser = (lines: readonly string[]) => readonly Annotation[];
