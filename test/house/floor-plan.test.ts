/**
 * The floor plan: which package may import which, and within `packages/core`, ground to
 * roof, which folder. A folder may import from the floors below it and from itself;
 * folders on one floor do not see each other. Imports of types count.
 *
 * @module
 */
import { posix } from "node:path";

import { expect, test } from "vitest";

import { allPackages, sourcesOf } from "./sources.ts";

const floors = [
  ["base"],
  ["errors"],
  ["digest"],
  ["artifact"],
  ["graph"],
  ["events"],
  ["store"],
  ["runner"],
  ["rebuild"],
  ["schedule", "explain", "attest"],
  ["build"],
  ["index.ts"],
  ["testing"],
];

/** Patterns of package names: whom each may import. */
const mayImport: readonly (readonly [importer: RegExp, imported: RegExp])[] = [
  [/^@ashlar\/core$/, /^$/],
  // Both lay out inputs in directories of this machine.
  [/^@ashlar\/runner-container$/, /^@ashlar\/(?:core|runner-local)$/],
  [/^@ashlar\/runner-/, /^@ashlar\/core$/],
  [/^@ashlar\/cargo$/, /^@ashlar\/core$/],
  // The build file brings along whatever else it needs.
  [/^@ashlar\/cli$/, /^@ashlar\/(?:core|runner-local)$/],
  [/^@ashlar\/examples$/, /^@ashlar\/(?:cargo|cli|core|runner-[a-z]+)$/],
];

const floorOf = (folder: string): number => floors.findIndex((floor) => floor.includes(folder));
const firstOf = (path: string): string => path.split("/")[0]!;

test("core imports point only downwards", () => {
  const core = allPackages().find(({ manifest }) => manifest.name === "@ashlar/core");
  const upward: string[] = [];
  for (const { path, imports } of sourcesOf(core!)) {
    const from = firstOf(path);
    if (floorOf(from) === -1) upward.push(`${path} is on no floor`);
    for (const specifier of imports.filter((each) => each.startsWith("."))) {
      const to = firstOf(posix.join(posix.dirname(path), specifier));
      const allowed = from === to || (floorOf(to) !== -1 && floorOf(to) < floorOf(from));
      if (!allowed) upward.push(`${path} -> ${to}`);
    }
  }
  expect(upward).toEqual([]);
});

test("packages import only packages they may know", () => {
  const forbidden: string[] = [];
  for (const { folder, manifest } of allPackages()) {
    const allowed = mayImport.find(([importer]) => importer.test(manifest.name))?.[1];
    if (allowed === undefined) forbidden.push(`${manifest.name} has no place in the floor plan`);
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (isOurs(name) && allowed?.test(name) !== true) {
        forbidden.push(`${folder}/package.json -> ${name}`);
      }
    }
    for (const { path, imports } of sourcesOf({ folder, manifest })) {
      for (const specifier of imports.filter((each) => isOurs(each) || leavesSource(path, each))) {
        const name = specifier.split("/").slice(0, 2).join("/");
        if (allowed?.test(name) !== true) forbidden.push(`${folder}/src/${path} -> ${specifier}`);
      }
    }
  }
  expect(forbidden).toEqual([]);
});

function isOurs(name: string): boolean {
  return name === "ashlar" || name.startsWith("@ashlar/");
}

function leavesSource(path: string, specifier: string): boolean {
  return specifier.startsWith(".") && posix.join(posix.dirname(path), specifier).startsWith("..");
}
