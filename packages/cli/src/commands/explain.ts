/**
 * `ashlar explain CODE`.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { errorCodes } from "@ashlar/core";

import type { Run } from "../command.ts";
import { errorCodeUnknown } from "../errors.ts";
import { exitCode } from "../exit-code.ts";

/** Prints the page of an error code. */
export const run: Run = async ([word = ""], _, { out }) => {
  const code = word.toUpperCase().replaceAll("-", "_");
  if (!errorCodes.some((each) => each === code)) throw errorCodeUnknown(word, errorCodes);
  out.write(readFileSync(join(pagesFolder(), `${code}.md`), "utf8"));
  return exitCode.succeeded;
};

/** The pages lie beside the bundle of a published package, and in `docs` of the workspace. */
function pagesFolder(): string {
  const places = ["dist/errors", "../../docs/errors"];
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const found = places.map((place) => join(folder, place)).find((place) => existsSync(place));
    if (found !== undefined && existsSync(join(folder, "package.json"))) return found;
    if (dirname(folder) === folder) throw new Error("the pages of errors are not in the package");
  }
}
