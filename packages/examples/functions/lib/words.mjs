/** The words of a text, in lower case. */
export function wordsOf(text) {
  return text.toLowerCase().match(/\p{L}+/gu) ?? [];
}
