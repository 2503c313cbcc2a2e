/**
 * Code frames: a line of somebody's file, with its neighbours and a mark.
 *
 *       3 │
 *     > 4 │ export const b = word..toUpperCase();
 *         │                       ^
 *
 * @module
 */

/** A place in a text. Lines and columns count from 1. */
export interface Place {
  readonly line: number;
  /** Absent: the whole line. */
  readonly column?: number | undefined;
}

/** Lines before and after the one that is meant. */
const around = 2;

/** Letters of a line that are shown: generated files have very long ones. */
const maxWidth = 120;

/** The frame around a place; `undefined` when the text has no such line. */
export function codeFrame(text: string, { line, column }: Place): string | undefined {
  const lines = text.split(/\r?\n/);
  if (line < 1 || line > lines.length) return undefined;
  const first = Math.max(1, line - around);
  const last = Math.min(lines.length, line + around);
  const width = String(last).length;
  const shown: string[] = [];
  for (let at = first; at <= last; at++) {
    const code = (lines[at - 1] ?? "").slice(0, maxWidth);
    const mark = at === line ? ">" : " ";
    shown.push(`${mark} ${String(at).padStart(width)} │ ${code}`.trimEnd());
    const isMarked = at === line && column !== undefined && column <= maxWidth;
    if (!isMarked) continue;
    // Tabs stay tabs, so that the mark stands below its letter whatever their width.
    const before = code.slice(0, column - 1).replaceAll(/[^\t]/g, " ");
    shown.push(`  ${" ".repeat(width)} │ ${before}^`);
  }
  return shown.join("\n");
}
