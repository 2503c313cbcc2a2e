/**
 * Words of a command that are not all text: pieces, some of which are secrets.
 *
 * The word shows a placeholder for each secret, and the places are written down beside it. So a text that
 * happens to look like a placeholder is only a text.
 *
 * @module
 */
import { insideOf, isSecret, placeholderOf, type Secret } from "./secret.ts";

/** Text, or a secret that stands for one. */
export type Piece = string | Secret;

/** A word, or the pieces that it is joined of. */
export type Word = Piece | readonly Piece[];

/** Where the placeholder of a secret stands. */
export interface SecretPlace {
  readonly name: string;
  /** In an argument, by its index; or in a variable, by its name. */
  readonly in: number | string;
  /** Where it begins in that text, in UTF-16 code units. */
  readonly at: number;
}

/** A secret at its place. */
export interface PlacedSecret extends SecretPlace {
  readonly secret: Secret;
}

/** The text of a word. Takes down where secrets stand in it. */
export function layWord(word: Word, where: number | string, placed: PlacedSecret[]): string {
  if (typeof word === "string") return word;
  let text = "";
  for (const piece of isSecret(word) ? [word] : word) {
    if (isSecret(piece)) {
      const { name } = insideOf(piece);
      placed.push({ name, in: where, at: text.length, secret: piece });
      text += placeholderOf(name);
    } else text += piece;
  }
  return text;
}

/** The texts of words, and where secrets stand in them. */
export function layWords(words: readonly Word[]): {
  readonly argv: readonly string[];
  readonly secrets: PlacedSecret[];
} {
  const secrets: PlacedSecret[] = [];
  if (words.every((word) => typeof word === "string")) return { argv: words, secrets };
  return { argv: words.map((word, at) => layWord(word, at, secrets)), secrets };
}
