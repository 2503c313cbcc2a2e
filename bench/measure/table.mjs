/**
 * Tables, as Markdown that is also readable as it is.
 *
 * @module
 */

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function renderTable(head, rows) {
  const widths = head.map((title, at) =>
    Math.max(title.length, 3, ...rows.map((row) => (row[at] ?? "").length)),
  );
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${widths.map((width, at) => pad(cells[at] ?? "", width, at)).join(" | ")} |\n`;
  const rule = widths.map((width, at) =>
    at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return line(head) + line(rule) + rows.map(line).join("");
}

/**
 * @param {string} text
 * @param {number} width
 * @param {number} column numbers, which is all but the first, end at the right
 * @returns {string}
 */
function pad(text, width, column) {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}
