/**
 * What a build loads before it knows that there is something to do: our own modules and Node's.
 * Dependencies are imported where they are first needed, for some take longer to load than a build in
 * which nothing has changed takes as a whole.
 *
 * @module
 */
import { posix } from "node:path";

import { expect, test } from "vitest";

import { allPackages, sourcesOf, type Source } from "./sources.ts";

test.each(["@ashlar/core", "@ashlar/runner-local"])("%s loads no dependency at once", (wanted) => {
  const each = allPackages().find(({ manifest }) => manifest.name === wanted)!;
  const loaded: string[] = [];
  // What is for tests of runners and stores is another entry.
  for (const source of sourcesOf(each).filter((one) => !one.path.startsWith("testing/"))) {
    for (const from of loadedAtOnce(source)) {
      if (!/^(?:\.|node:|@ashlar\/)/.test(from)) loaded.push(`${source.path} -> ${from}`);
    }
  }
  expect(loaded).toEqual([]);
});

test("the command line loads commander at once, and not the core", () => {
  const each = allPackages().find(({ manifest }) => manifest.name === "@ashlar/cli")!;
  const sources = new Map(sourcesOf(each).map((source) => [source.path, source]));
  const seen = new Set<string>();
  const others = new Set<string>();
  const pending = ["bin.ts"];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const from of loadedAtOnce(sources.get(next)!)) {
      if (from.startsWith(".")) pending.push(posix.join(posix.dirname(next), from));
      // What is in Node costs nothing.
      else if (!from.startsWith("node:")) others.add(from);
    }
  }
  expect([...others]).toEqual(["commander"]);
});

/** What a module needs before it can begin: imports and re-exports of values. */
function loadedAtOnce({ program }: Source): string[] {
  return program.body.flatMap((statement) => {
    const isImport =
      statement.type === "ImportDeclaration" && (statement.importKind ?? "value") === "value";
    const isExport =
      (statement.type === "ExportNamedDeclaration" || statement.type === "ExportAllDeclaration") &&
      statement.exportKind === "value";
    const from = isImport || isExport ? statement.source?.value : undefined;
    return from === undefined ? [] : [from];
  });
}
