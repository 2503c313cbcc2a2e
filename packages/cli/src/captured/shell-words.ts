/**
 * Shell words: texts as a POSIX shell has to be told them.
 *
 * @module
 */

/** A text as one word. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command line. */
export function shellLine(argv: readonly string[]): string {
  return argv.map((word) => shellWord(word)).join(" ");
}
