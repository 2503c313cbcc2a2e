/**
 * Every error code has a page that explains it, and no page outlives its code.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { errorCodes } from "../../packages/core/src/errors/codes.ts";
import { root } from "./sources.ts";

test("codes and pages are the same", () => {
  const folder = join(root, "docs/errors");
  const pages = (existsSync(folder) ? readdirSync(folder) : []).filter(
    (page) => page !== "README.md",
  );
  expect(pages.toSorted()).toEqual(errorCodes.map((code) => `${code}.md`).toSorted());
});
