// Ranks the words of a text: a stage of the example `functions`.
import { readFile, writeFile } from "node:fs/promises";

import { wordsOf } from "./lib/words.mjs";

/** @param {{ inputs: { text: string }, params: { top: number }, out: { ranks: string } }} call */
export async function rank({ inputs, params, out }) {
  const counts = new Map();
  for (const word of wordsOf(await readFile(inputs.text, "utf8"))) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const ranked = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  await writeFile(out.ranks, JSON.stringify(ranked.slice(0, params.top)));
}
