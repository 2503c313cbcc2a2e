/**
 * Every source says what it is, and every export of one says what it does.
 *
 * @module
 */
import { expect, test } from "vitest";

import { allPackages, sourcesOf, type Source } from "./sources.ts";

type Statement = Source["program"]["body"][number];

const packages = allPackages().map((each) => [each.manifest.name, each] as const);

test.each(packages)("every file of %s opens with a module doc", (_, each) => {
  const without = sourcesOf(each).filter((source) => moduleDocEnd(source) === undefined);
  expect(without.map(({ path }) => path)).toEqual([]);
});

test.each(packages)("every export of %s is documented", (_, each) => {
  expect(sourcesOf(each).flatMap(undocumentedExports)).toEqual([]);
});

/** Where the module doc ends; undefined when the file does not open with one. */
function moduleDocEnd({ text, comments }: Source): number | undefined {
  const opening = text.startsWith("#!") ? text.indexOf("\n") + 1 : 0;
  const doc = comments.find(({ type, start }) => type === "Block" && start === opening);
  return doc !== undefined && /^\*[^]*\n \* @module\s*$/.test(doc.value) ? doc.end : undefined;
}

function undocumentedExports(source: Source): string[] {
  const { path, program } = source;
  const documented = new Set<string>();
  const undocumented = new Set<string>();
  /** Names that an `export { a, b }` without `from` makes public. */
  const listed = new Set(
    program.body.flatMap((statement) =>
      statement.type === "ExportNamedDeclaration" && statement.source === null
        ? statement.specifiers.map(({ local }) => ("name" in local ? local.name : local.value))
        : [],
    ),
  );
  for (const statement of program.body) {
    const isExported = statement.type === "ExportNamedDeclaration";
    const names = declaredNames(isExported ? statement.declaration : statement);
    for (const name of names.filter((each) => isExported || listed.has(each))) {
      (hasDoc(source, statement) ? documented : undocumented).add(name);
    }
  }
  // The first of some overloads may speak for all.
  return [...undocumented]
    .filter((name) => !documented.has(name))
    .map((name) => `${path}: ${name}`);
}

function declaredNames(node: Statement | null): string[] {
  if (node?.type === "VariableDeclaration") {
    return node.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  }
  return node !== null && "id" in node && node.id?.type === "Identifier" ? [node.id.name] : [];
}

/** True when a TSDoc comment of its own ends right above the statement. */
function hasDoc(source: Source, { start }: Statement): boolean {
  return source.comments.some(
    ({ type, value, end }) =>
      type === "Block" &&
      value.startsWith("*") &&
      end !== moduleDocEnd(source) &&
      end <= start &&
      /^\s*$/.test(source.text.slice(end, start)),
  );
}
