/**
 * What a build loads before it knows that there is something to do: our own modules and Node's.
 * Dependencies are imported where they are first needed, for some take longer to load than a build in
 * which nothing has changed takes as a whole.
 *
 * @module
 */
import { expect, test } from "vitest";

import { allPackages, sourcesOf } from "./sources.ts";

test.each(["@ashlar/core", "@ashlar/runner-local"])("%s loads no dependency at once", (wanted) => {
  const each = allPackages().find(({ manifest }) => manifest.name === wanted)!;
  const loaded: string[] = [];
  // What is for tests of runners and stores is another entry.
  for (const { path, program } of sourcesOf(each).filter(
    (one) => !one.path.startsWith("testing/"),
  )) {
    for (const statement of program.body) {
      const isImport =
        statement.type === "ImportDeclaration" && (statement.importKind ?? "value") === "value";
      const isExport =
        (statement.type === "ExportNamedDeclaration" ||
          statement.type === "ExportAllDeclaration") &&
        statement.exportKind === "value";
      const from = isImport || isExport ? statement.source?.value : undefined;
      if (from !== undefined && !/^(?:\.|node:|@ashlar\/)/.test(from))
        loaded.push(`${path} -> ${from}`);
    }
  }
  expect(loaded).toEqual([]);
});
