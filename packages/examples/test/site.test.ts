import { BuildError, MemoryStore, build, source } from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

import { check, pack, render, site } from "../src/site.ts";

const src = source(new URL("../hello", import.meta.url));

test("the page is packed once it has been checked", async () => {
  const mock = mockRunner()
    .on(render, { outputs: { "index.html": "<ul></ul>" } })
    .on(check, {})
    .on(pack, async ({ text }) => ({ outputs: { "site.html.gz": await text("in/index.html") } }));

  const store = new MemoryStore();
  const { packed } = site(src);
  const first = await build(packed, { runner: mock, store });
  expect(mock.names).toEqual(["render", "check", "pack"]);
  expect(await first.text(packed)).toBe("<ul></ul>");

  const second = await build(packed, { runner: mock, store });
  expect(second.ran).toEqual([]);
});

test("a page that is not well formed is not packed", async () => {
  const mock = mockRunner()
    .on(render, { outputs: { "index.html": "<li>" } })
    .on(check, { exitCode: 1, stderr: "an item is not closed" });

  const building = build(site(src).packed, { runner: mock, store: new MemoryStore() });
  await expect(building).rejects.toThrow(BuildError);
  expect(mock.names).toEqual(["render", "check"]);
});
