/**
 * Remarks: what there is to say of a run besides how it ended, as data.
 *
 *     log ──reader of the command──▶ remarks ──▶ the event of its end, `why`, the end of a build
 *
 * A log is for people, and only who wrote the command knows what its lines mean. So a command may come with a reader of its log.
 * Remarks are kept nowhere: the log is kept with the result, wherever that goes, and is read again. That makes them those of the
 * run that gave the result, also where it is reused.
 *
 * @module
 */
import { describe } from "../base/describe.ts";

/** Something that a run gave rise to say. Plain data, that survives JSON. */
export interface Remark {
  /** What is said, for programs that look for it: `rebuilt`, `unlisted-file`. In words of whoever reads the log. */
  readonly kind: string;
  /** What it is said of: a crate, a file. */
  readonly subject: string;
  /** The whole of it for people: one line that stands alone, and names the subject. */
  readonly text: string;
  /** Whether somebody should do something about it. */
  readonly severity: RemarkSeverity;
}

/** A warning is shown at the end of every build that uses the result; a note is there for those who ask. */
export type RemarkSeverity = "note" | "warning";

/** Finds remarks in what a command printed: its standard output, then its standard error. */
export type RemarkReader = (log: string) => readonly Remark[];

/**
 * Reads a log.
 *
 * @returns what the reader found, nothing else in it. Of a reader that throws, or gives something else, one warning that says so:
 *   that nobody can read a log is no reason to fail.
 */
export function readRemarks(reader: RemarkReader, log: string): readonly Remark[] {
  try {
    return reader(log).map((remark) => checked(remark));
  } catch (error) {
    return [unreadLog(error instanceof Error ? error.message : String(error))];
  }
}

/** That there may be something to say, and nobody knows what. */
export function unreadLog(reason: string): Remark {
  const text = `the log could not be read for remarks: ${reason}`;
  return { kind: "unread", subject: "the log", text, severity: "warning" };
}

function checked(remark: Partial<Remark>): Remark {
  const { kind, subject, text, severity } = remark;
  const isText = typeof kind === "string" && typeof subject === "string";
  const isSeverity = severity === "note" || severity === "warning";
  if (isText && typeof text === "string" && isSeverity) return { kind, subject, text, severity };
  throw new TypeError(`its reader gave ${describe(remark)}, which is no remark`);
}
