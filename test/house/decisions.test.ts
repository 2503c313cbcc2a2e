/**
 * Every decision is in the list of decisions, in order.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";

import { expect, test } from "vitest";

const folder = new URL("../../docs/decisions/", import.meta.url);

test("the list of decisions has all of them, in order", () => {
  const notes = readdirSync(folder)
    .filter((name) => /^\d{4}-/.test(name))
    .toSorted();
  const list = readFileSync(new URL("README.md", folder), "utf8");
  const listed = [...list.matchAll(/^\| \[\d{4}\]\((.*?)\)/gm)].map(([, name]) => name);
  expect(notes.length).toBeGreaterThan(40);
  expect(listed).toEqual(notes);
});
