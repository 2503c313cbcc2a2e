/**
 * Functions: stages that are JavaScript, in each of the three ways. Run it twice, then edit
 * `functions/lib/words.mjs`.
 *
 * @module
 */
import { readFile } from "node:fs/promises";

import { all, build, fn, out, source, stage, type File } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

const here = new URL("../functions/", import.meta.url);

// From a module: keyed on it and all that it imports.
const rank = stage("rank", ({ text }: { text: File }) =>
  fn.module(new URL("rank.mjs", here), "rank", {
    inputs: { text },
    params: { top: 3 },
    outputs: { ranks: out.file("ranks.json") },
  }),
);

// Inline: keyed on its text and captures. Nothing else of this file is there when it runs.
const title = "Words";
const page = stage("page", ({ ranks }: { ranks: File }) =>
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

// A closure: uses what is around it, and so runs in every build.
const seen: string[] = [];
const show = stage("show", ({ text }: { text: File }) =>
  fn.opaque("show", {
    inputs: { text },
    run: async ({ inputs }) => seen.push(await readFile(inputs.text, "utf8")),
  }),
);

const ranks = rank({ text: source.file(new URL("poem.txt", here)) });
const words = page({ ranks });
const shown = show({ text: words });

await using runner = localRunner();
const report = await build(all({ words, shown }), { runner });
console.log(seen.join(""));
console.log({ ran: report.ran, reused: report.reused });
