/**
 * Entry points export lists of names and nothing else, and the names are those on record.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { publicNames } from "./public-names.ts";
import { parseSource, publishedPackages, root, type Source } from "./sources.ts";

/** Path of the source of each entry point, by the specifier people import. */
const entryPoints = new Map(
  publishedPackages().flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      const source = typeof target === "string" ? undefined : target["@ashlar/source"];
      const specifier = manifest.name + subpath.slice(1);
      return source === undefined ? [] : [[specifier, join(folder, source)] as const];
    }),
  ),
);

test("every entry point is on record", () => {
  expect([...entryPoints.keys()].toSorted()).toEqual(Object.keys(publicNames).toSorted());
});

test.each([...entryPoints])("%s exports the names on record", (specifier, path) => {
  const names = exportedNames(parseSource(path, readFileSync(join(root, path), "utf8")));
  expect(names.toSorted()).toEqual(publicNames[specifier]);
});

function exportedNames({ path, program, text }: Source): string[] {
  return program.body.flatMap((statement) => {
    const isList = statement.type === "ExportNamedDeclaration" && statement.source !== null;
    if (!isList) {
      const [line] = text.slice(statement.start).split("\n");
      throw new Error(`${path} may hold only \`export { a, type B } from "..."\`, found: ${line}`);
    }
    return statement.specifiers.map(({ exported, exportKind }) => {
      const name = exported.type === "Literal" ? exported.value : exported.name;
      if (name === "default") throw new Error(`${path} has a default export`);
      const isType = statement.exportKind === "type" || exportKind === "type";
      return isType ? `type ${name}` : name;
    });
  });
}
