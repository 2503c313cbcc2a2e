/**
 * Differences of lists: which elements stay, go and come; and of texts, line by line.
 *
 * @module
 */

/** What becomes of one element. */
export interface Edit {
  readonly type: "same" | "removed" | "added";
  readonly text: string;
}

/** Largest table of the longest common subsequence. Above, all between the common ends is replaced. */
const maxCells = 1_000_000;

/** Leads from one list to the other with few edits. Removals stand before additions. */
export function diffLists(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (text: string): Edit => ({ type: "same", text });
  return [
    ...before.slice(0, start).map(same),
    ...diffMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

function diffMiddle(before: readonly string[], after: readonly string[]): Edit[] {
  const [rows, columns] = [before.length, after.length];
  const edits: Edit[] = [];
  const removed = (text = ""): number => edits.push({ type: "removed", text });
  const added = (text = ""): number => edits.push({ type: "added", text });
  if ((rows + 1) * (columns + 1) > maxCells) {
    before.forEach(removed);
    after.forEach(added);
    return edits;
  }
  // By cell: length of the longest common subsequence of what is left of both.
  const lengths = new Uint32Array((rows + 1) * (columns + 1));
  const cell = (row: number, column: number): number => row * (columns + 1) + column;
  const at = (row: number, column: number): number => lengths[cell(row, column)] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      lengths[cell(row, column)] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    if (row < rows && column < columns && before[row] === after[column]) {
      edits.push({ type: "same", text: before[row] ?? "" });
      row++;
      column++;
    } else if (row < rows && (column === columns || at(row + 1, column) >= at(row, column + 1))) {
      removed(before[row++]);
    } else {
      added(after[column++]);
    }
  }
  return edits;
}

/** Lines of a difference that are shown, and lines around each change. */
const maxLines = 20;
const around = 1;

/** The lines that differ, with a mark in front, and those around them. At most twenty. */
export function diffTexts(before: string, after: string): string[] {
  const edits = diffLists(before.split("\n"), after.split("\n"));
  // A last line without an end is a line as well, and one with it has nothing behind it.
  if (edits.at(-1)?.type === "same" && edits.at(-1)?.text === "") edits.pop();
  const isNear = edits.map((_, at) =>
    edits.slice(Math.max(0, at - around), at + around + 1).some(({ type }) => type !== "same"),
  );
  const marks = { same: " ", removed: "-", added: "+" };
  const lines: string[] = [];
  for (const [at, { type, text }] of edits.entries()) {
    if (isNear[at] === true) lines.push(`${marks[type]} ${text}`.trimEnd());
    else if (isNear[at - 1] === true) lines.push("...");
  }
  if (lines.at(-1) === "...") lines.pop();
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines), `... and ${lines.length - maxLines} more lines`];
}
