import { describe, expect, test } from "vitest";

import { blankFolders, innerPackages } from "../../src/programs/inner.ts";
import type { LocalPackage, Locals } from "../../src/programs/locals.ts";

/** A workspace of packages by their folders, and what those depend on. */
function workspace(
  folders: Readonly<Record<string, readonly string[]>>,
  traits: { readonly scripts?: readonly string[]; readonly kept?: readonly string[] } = {},
): Locals {
  const { scripts = [], kept = [] } = traits;
  const place = (folder: string): string => (folder === "." ? "/ws" : `/ws/${folder}`);
  const target = (kind: string): LocalPackage["targets"][number] => ({
    ...{ name: kind, kind: [kind], crateTypes: [kind], path: "", requiredFeatures: [] },
  });
  const packages = Object.entries(folders).map(([folder, below]) => ({
    name: folder,
    version: "1.0.0",
    features: [],
    workspaceRoot: "/ws",
    isMember: true,
    directory: place(folder),
    manifest: `${place(folder)}/Cargo.toml`,
    targets: [target("lib"), ...(scripts.includes(folder) ? [target("custom-build")] : [])],
    pathDependencies: below.map(place),
    isKept: kept.includes(folder),
  }));
  return { tree: "/ws", root: "/ws", packages, lock: [], lockFile: undefined, patches: [] };
}

describe("inner packages", () => {
  const inner = (locals: Locals): readonly string[] =>
    innerPackages(locals).map(({ name }) => name);

  test("are those that others stand on", () => {
    const locals = workspace({ app: ["api"], tool: ["model"], api: ["model"], model: [] });
    expect(inner(locals)).toEqual(["api", "model"]);
    expect(blankFolders(locals)).toEqual(["app", "tool"]);
  });

  test("are not those with a build script, and not those above them", () => {
    const locals = workspace(
      { app: ["api", "words"], api: ["model"], model: [], words: [] },
      { scripts: ["model"] },
    );
    expect(inner(locals)).toEqual(["words"]);
    expect(blankFolders(locals)).toEqual(["app", "api", "model"]);
  });

  test("may need each other for tests", () => {
    expect(inner(workspace({ one: ["other"], other: ["one"] }))).toEqual(["one", "other"]);
  });

  test("a package around others keeps its code, for theirs lies in it", () => {
    const locals = workspace({ ".": ["model"], model: [], tool: ["model"] });
    expect(inner(locals)).toEqual(["model"]);
    expect(blankFolders(locals)).toEqual(["tool"]);
  });

  test("what external crates stand on keeps its code", () => {
    const locals = workspace({ app: ["model"], model: [], patch: [] }, { kept: ["patch"] });
    expect(blankFolders(locals)).toEqual(["app"]);
  });
});
