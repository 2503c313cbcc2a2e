/**
 * The end of a log, kept while it goes by.
 *
 * @module
 */

/** Characters kept: enough for the lines shown, whatever went before. */
const keptCharacters = 16_384;

/** Keeps the end of what a command prints, both streams in the order of their arrival. */
export class LogTail {
  #text = "";

  add(text: string): void {
    this.#text = (this.#text + text).slice(-keptCharacters);
  }

  /** The last lines, without a final line break. */
  lines(count: number): readonly string[] {
    const lines = this.#text.replace(/\s+$/, "").split("\n").slice(-count);
    return lines.length === 1 && lines[0] === "" ? [] : lines;
  }
}
