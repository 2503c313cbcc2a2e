/**
 * Own words: what errors of the core advise to those who call it, as advice to those who type.
 *
 * @module
 */
import { shellWord } from "./captured/shell-words.ts";

/**
 * The text of an error, with the command that prints the whole log where the core names its method.
 *
 * @param stage - As plans call the stage. @defaultValue the one that the text names first
 */
export function ownWords(text: string, stage?: string): string {
  const named = stage ?? /\bstage `([^`]+)`/.exec(text)?.[1];
  const command = named === undefined ? "ashlar logs" : `ashlar logs ${shellWord(named)}`;
  return text.replace("`report.log` has all of it", () => `\`${command}\` has all of it`);
}
