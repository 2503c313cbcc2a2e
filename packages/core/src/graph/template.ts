/**
 * Templates of words: how a tagged template becomes an argument list.
 *
 *     sh`cc -O2 ${src}/main.c -o ${out.file("app")}`
 *        └┬┘└┬┘ └────┬──────┘└┬┘└─────────┬───────┘     five words
 *
 * Split once, here. White space in the literal text ends a word, quotes in it keep white space inside
 * one, and an interpolation is never looked into: it is one word, or part of one, whatever it holds.
 *
 * @module
 */
import { templateSyntax } from "../errors/catalogue.ts";

/** A word: literal text, and holes by their index in the template. */
export type Word = readonly (string | number)[];

/** A shell's operators. As arguments they would do nothing, so an unquoted one is a mistake. */
const operator = /^(?:[|&;<>]+|[0-9]?>{1,2}.*|<.*|&>.*|[0-9]>&[0-9-])$/;

/**
 * Splits the literal parts of a template into words.
 *
 * @throws {@link BuildError} `TEMPLATE_SYNTAX` for an open quote or an unquoted shell operator.
 */
export function splitWords(strings: TemplateStringsArray): Word[] {
  const words: Word[] = [];
  let word: (string | number)[] | undefined;
  let isQuoted = false;
  let quote: string | undefined;

  const add = (part: string | number): void => {
    word ??= [];
    const last = word.at(-1);
    if (typeof part === "string" && typeof last === "string") word[word.length - 1] = last + part;
    else word.push(part);
  };
  const end = (): void => {
    if (word === undefined) return;
    const [only] = word;
    if (!isQuoted && word.length === 1 && typeof only === "string" && operator.test(only)) {
      throw templateSyntax(strings.join("${…}"), `\`${only}\` is for a shell, and there is none`);
    }
    words.push(word);
    word = undefined;
    isQuoted = false;
  };

  for (const [hole, text] of strings.entries()) {
    // An escape that JavaScript does not know leaves no cooked text.
    if ((text as string | undefined) === undefined) {
      throw templateSyntax(strings.raw.join("${…}"), "it has a backslash escape that is unknown");
    }
    for (const character of text) {
      if (quote !== undefined) {
        if (character === quote) quote = undefined;
        else add(character);
      } else if (character === '"' || character === "'") {
        quote = character;
        isQuoted = true;
        add("");
      } else if (/\s/.test(character)) end();
      else add(character);
    }
    if (hole < strings.length - 1) add(hole);
  }
  if (quote !== undefined) throw templateSyntax(strings.join("${…}"), `a ${quote} is never closed`);
  end();
  return words;
}
