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
import { templateSyntax } from "../errors/command-errors.ts";

/** A word: literal text, and holes by their index in the template. */
export type Word = readonly (string | number)[];

/** A shell's operators. As arguments they would do nothing, so an unquoted one is a mistake. */
const operator = /^(?:[|&;<>]+|[0-9]?>{1,2}.*|<.*|&>.*|[0-9]>&[0-9-])$/;

/** Those that may be followed by a hole without a space between. */
const redirection = /^(?:[0-9]?>{1,2}|<{1,3}|&>{1,2})$/;

/**
 * Splits the literal parts of a template into words.
 *
 * @throws {@link BuildError} `TEMPLATE_SYNTAX` for an open quote or an unquoted shell operator.
 */
export function splitWords(strings: TemplateStringsArray): readonly Word[] {
  let words = known.get(strings);
  if (words === undefined) known.set(strings, (words = split(strings)));
  return words;
}

/** A template has one array of strings, however often it is evaluated: 10,000 calls split once. */
const known = new WeakMap<TemplateStringsArray, readonly Word[]>();

function split(strings: TemplateStringsArray): readonly Word[] {
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
    const [first] = word;
    const forbidden = word.length === 1 ? operator : redirection;
    if (!isQuoted && typeof first === "string" && forbidden.test(first)) {
      throw templateSyntax(strings.join("${…}"), `\`${first}\` is for a shell, and there is none`);
    }
    const last = word.at(-1);
    // `echo a; echo b`: to a shell, the word ends before it.
    if (!isQuoted && typeof last === "string" && last.endsWith(";")) {
      throw templateSyntax(strings.join("${…}"), "`;` is for a shell, and there is none");
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
