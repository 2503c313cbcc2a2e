/**
 * The README shows the examples as they are, and they are tested.
 */
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { renderReadme } from "../../scripts/readme.mjs";

test("every snippet of the README is the source of an example", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  expect(readme.match(/<!-- packages\/\S+ -->/g)?.length).toBeGreaterThan(4);
  expect(readme.match(/```ts/g)?.length).toBe(readme.match(/<!-- packages\/\S+ -->/g)?.length);
  expect(readme).toBe(renderReadme());
});
