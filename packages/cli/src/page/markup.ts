/**
 * Texts in a page: whatever they hold, they stay texts.
 *
 * @module
 */

/**
 * JSON for a script element. It has no `<`, so nothing in it can end the element or begin a comment, and
 * `JSON.parse` gives back what went in.
 */
export function jsonForPage(data: unknown): string {
  return JSON.stringify(data)
    .replaceAll("<", String.raw`\u003c`)
    .replaceAll("\u2028", String.raw`\u2028`)
    .replaceAll("\u2029", String.raw`\u2029`);
}

/** Text between tags, or between quotes. A NUL is no character of HTML: its picture stands for it. */
export function textForPage(text: string): string {
  return text
    .replaceAll("\0", "\u2400")
    .replaceAll(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}
