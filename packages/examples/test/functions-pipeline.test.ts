import { all, source } from "@ashlar/core";
import { Rig } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

import { page, rank, show, wordsOf } from "../src/functions-pipeline.ts";

test("a closure runs every time, the others as their inputs ask for it", async () => {
  await using rig = new Rig({ files: { "poem.txt": "stone and stone" } });
  const shown: string[] = [];
  rig.mock
    .on(rank, async ({ inputs, out }) => {
      const [first] = (await inputs.text.text()).split(" ");
      out.ranks.write(JSON.stringify([[first, 2]]));
    })
    .on(page, async ({ inputs, out }) => out.page.write(`# ${await inputs.ranks.text()}`))
    .on(show, async ({ inputs }) => void shown.push(await inputs.text.text()));
  const pipeline = all(wordsOf(source.file("poem.txt")));

  expect(await rig.executed(pipeline)).toEqual(["rank", "page", "show"]);
  expect(await rig.executed(pipeline)).toEqual(["show"]);
  await rig.edit({ "poem.txt": "stone alone" });
  expect(await rig.executed(pipeline)).toEqual(["rank", "show"]);
  expect(shown).toEqual(['# [["stone",2]]', '# [["stone",2]]', '# [["stone",2]]']);
});
