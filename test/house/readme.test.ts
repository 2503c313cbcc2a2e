/**
 * READMEs show the examples as they are, and those are tested.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { readmes, renderReadme } from "../../scripts/readme.mjs";
import { allPackages, root } from "./sources.ts";

test("every snippet of the project's README is the source of an example", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  expect(readme.match(/<!-- packages\/\S+ -->/g)?.length).toBeGreaterThan(4);
  expect(readme.match(/```ts/g)?.length).toBe(readme.match(/<!-- packages\/\S+ -->/g)?.length);
});

test.each(readmes())("%s shows its examples as they are", (path) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(renderReadme(path));
});

test.each(allPackages().map(({ folder }) => folder))("%s has a README", (folder) => {
  expect(readmes()).toContain(join(folder, "README.md"));
});
