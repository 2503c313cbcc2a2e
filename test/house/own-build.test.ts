/**
 * The build of this repository by itself: that it has all packages, and what it says of itself in CONTRIBUTING.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { allPackages, root } from "./sources.ts";

const program = join(root, "packages/cli/dist/bin.js");

interface Node {
  readonly key: string;
  readonly attributes: { readonly outputs?: readonly { readonly path: string }[] };
}

test.skipIf(!existsSync(program))(
  "the build file compiles every package, and checks what it made",
  () => {
    const printed = execFileSync(process.execPath, [program, "graph", "--json"], { cwd: root });
    const { nodes } = JSON.parse(printed.toString()) as { nodes: readonly Node[] };
    const compile = nodes.find(({ key }) => key === "compile");
    const folders = allPackages().map(({ folder }) => `${folder}/dist`);
    expect(compile?.attributes.outputs?.map(({ path }) => path).toSorted()).toEqual(
      folders.filter((folder) => folder.startsWith("packages/")).toSorted(),
    );
    const targets = execFileSync(process.execPath, [program, "completion", "targets"], {
      cwd: root,
    });
    const names = targets.toString().split("\n");
    expect(names).toEqual(
      expect.arrayContaining(["checks", "checks.lint", "checks.format", "tests"]),
    );
    expect(readFileSync(join(root, "CONTRIBUTING.md"), "utf8")).toContain(
      "npm run ashlar -- build checks",
    );
  },
);
