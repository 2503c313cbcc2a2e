/**
 * The pipeline of the functions example: stages that are JavaScript, in each of the three ways.
 *
 * @module
 */
import { readFile } from "node:fs/promises";

import { fn, out, stage, type Check, type File, type Stage } from "@ashlar/core";

const here = new URL("../functions/", import.meta.url);

/** From a module: keyed on it and all that it imports. */
export const rank: Stage<[{ text: File }], { ranks: "file" }> = stage("rank", ({ text }) =>
  fn.module(new URL("rank.mjs", here), "rank", {
    inputs: { text },
    params: { top: 3 },
    outputs: { ranks: out.file("ranks.json") },
  }),
);

const title = "Words";

/** Inline: keyed on its text and captures. Nothing else of this file is there when it runs. */
export const page: Stage<[{ ranks: File }], { page: "file" }> = stage("page", ({ ranks }) =>
  fn({
    inputs: { ranks },
    captures: { title },
    outputs: { page: out.file("page.md") },
    run: async ({ inputs, captures, out: { page: path } }) => {
      const fs = await import("node:fs/promises");
      const list = JSON.parse(await fs.readFile(inputs.ranks, "utf8")) as [string, number][];
      const lines = list.map(([word, count]) => `- ${word}: ${count}`);
      await fs.writeFile(path, `# ${captures.title}\n\n${lines.join("\n")}\n`);
    },
  }),
);

/** What the last stage has shown. */
export const seen: string[] = [];

/** A closure: uses what is around it, and so runs in every build. */
export const show: Stage<[{ text: File }], {}> = stage("show", ({ text }) =>
  fn.opaque("show", {
    inputs: { text },
    run: async ({ inputs }) => seen.push(await readFile(inputs.text, "utf8")),
  }),
);

/** The most frequent words of a text, as a page, and that it was shown. */
export function wordsOf(text: File): { words: File; shown: Check } {
  const words = page({ ranks: rank({ text }) });
  return { words, shown: show({ text: words }) };
}
