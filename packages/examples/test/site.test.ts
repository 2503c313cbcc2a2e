import { source } from "@ashlar/core";
import { Rig } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

import { check, pack, render, site } from "../src/site.ts";

test("the page is packed once it has been checked, and only if it is well formed", async () => {
  await using rig = new Rig({ files: { "page.mjs": "", "greetings.txt": "hi", "check.mjs": "" } });
  rig.mock
    .on(render, async ({ inputs, out }) => {
      out["index.html"].write(`<li>${(await inputs.text("greetings.txt")).trim()}`);
    })
    .on(check, async ({ inputs: [, page] }) => {
      const isClosed = (await page.text()).endsWith("</li>");
      return isClosed ? {} : { exitCode: 1, stderr: "an item is not closed" };
    })
    .on(pack, async ({ inputs, out }) => out["site.html.gz"].write(await inputs.bytes()));
  const { packed } = site(source("."));

  await expect(rig.build(packed)).rejects.toThrow("stage `check` exited with 1");
  await rig.edit({ "greetings.txt": "hello</li>" });
  expect(await rig.executed(packed)).toEqual(["render", "check", "pack"]);
  await rig.edit({ "greetings.txt": "hello</li>\n" });
  expect(await rig.executed(packed)).toEqual(["render"]);
});
