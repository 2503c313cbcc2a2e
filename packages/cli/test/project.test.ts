import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { buildFileFor, lookAt } from "../src/project.ts";
import { Project, whyNot } from "./rig.ts";

test.each([
  [{ "Cargo.toml": "[package]", "package.json": "{}", "src/a.c": "" }, ["Rust"]],
  [
    { "Cargo.toml": "[package]", "package.json": `{ "scripts": { "test": "node --test" } }` },
    ["Rust", "Node"],
  ],
  [{ "package.json": `{ "scripts": { "test": "node --test" } }`, "main.c": "" }, ["Node"]],
  [{ "package.json": `{ "scripts": { "test": "echo \\"Error: no test specified\\"" } }` }, []],
  [{ "package.json": "no JSON", "src/main.c": "" }, ["C"]],
  [{ "main.c": "" }, ["C"]],
  [{}, []],
])("%j is a project of %j", (files, kinds) => {
  using project = new Project(files);
  expect(lookAt(project.folder).map(({ kind }) => kind)).toEqual(kinds);
});

test("what a project depends on is its own, not Ashlar", () => {
  const scripts = `"scripts": { "lint": "eslint .", "test": "node --test", "start": "node ." }`;
  using project = new Project({
    "package.json": `{ ${scripts}, "devDependencies": { "@ashlar/cli": "1" } }`,
  });
  expect(lookAt(project.folder)).toEqual([
    {
      ...{ kind: "Node", hasDependencies: false },
      scripts: { lint: "eslint .", test: "node --test" },
    },
  ]);
});

test("the build file is among the sources of scripts only where they would look at it", () => {
  const sourcesOf = (...names: readonly string[]): string | undefined => {
    const scripts = Object.fromEntries(names.map((name) => [name, "node ."]));
    const { text } = buildFileFor([{ kind: "Node", scripts, hasDependencies: false }]);
    return /^const src = (.*);$/m.exec(text)?.[1];
  };
  expect(sourcesOf("build", "test")).toBe(
    `source(".", { exclude: ["node_modules", "ashlar.build.ts"] })`,
  );
  expect(sourcesOf("test", "lint")).toBe(`source(".", { exclude: ["node_modules"] })`);
});

test("a project of several kinds has a section for each, and checks by kind", () => {
  const scripts = { test: "node --test", lint: "eslint ." };
  const { text, packages } = buildFileFor([
    { kind: "Rust", hasLock: true },
    { kind: "Node", scripts, hasDependencies: true },
  ]);
  expect(packages).toEqual(["@ashlar/cli", "@ashlar/core", "@ashlar/cargo"]);
  expect(text).toMatchInlineSnapshot(`
    "import { cargo } from "@ashlar/cargo";
    import { sh, source, stage, tool, type Tree } from "@ashlar/core";

    const rust = cargo({ src: source(".", { exclude: ["target", "node_modules"] }) });
    const cargoArtifacts = rust.buildDepsOnly();
    export const crate = rust.buildPackage({ cargoArtifacts });

    // The programs that scripts may use: name here whatever else they start.
    const tools = [tool.node(), tool.host("npm"), tool.host("sh")];
    const test = stage("test", (src: Tree) => sh({ tools, root: { ".": src } })\`node --test\`);
    const lint = stage("lint", (src: Tree) => sh({ tools, root: { ".": src } })\`npm run lint\`);
    const src = source(".", { gitignore: false, exclude: [".git", "dist", "target"] });

    export const checks = {
      rust: {
        clippy: rust.clippy({ cargoArtifacts, clippyArgs: ["--all-targets", "--", "--deny", "warnings"] }),
        test: rust.test({ cargoArtifacts }),
      },
      node: {
        test: test(src),
        lint: lint(src),
      },
    };
    "
  `);
});

test.each([
  ["/target\n/Cargo.lock\n", `{ gitignore: false, exclude: [".git", "target", "node_modules"] }`],
  ["/target\n# Cargo.lock\n", `{ exclude: ["target", "node_modules"] }`],
])("a lock file of Rust is a source, whatever git ignores: %j", (ignored, options) => {
  using project = new Project({ "Cargo.toml": "[package]", ".gitignore": ignored });
  const { text } = buildFileFor(lookAt(project.folder));
  expect(text).toContain(`cargo({ src: source(".", ${options}) })`);
});

describe.skipIf(whyNot !== undefined)("a new build file builds", () => {
  const manifest = `{ "type": "module", "scripts": { "test": "node --test" } }`;
  test.each([
    ["Node", { "package.json": manifest, "a.test.js": `import "node:test";` }],
    ["nothing known yet", { "a.txt": "a" }],
    ["C", { "src/main.c": "int main(void) { return 0; }" }],
  ])("a project of %s", async (kind, files) => {
    using project = new Project(files);
    const made = await project.run("init");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/\nthen: npx ashlar build\n$/);
    expect(made.stdout).not.toContain("install first");
    expect(made.stdout).toContain(`for a project of ${kind}`);
    const built = await project.run("build");
    expect(built.stderr).toMatch(/succeeded in/);
    expect(await project.run("init")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("error[PATH_TAKEN]: `ashlar.build.ts` exists") as string,
    });
  });
});

test.each([
  [
    "package-lock.json",
    "install first: npm install --save-dev @ashlar/cli @ashlar/core\nthen: npx ashlar build\n",
  ],
  [
    "pnpm-lock.yaml",
    "install first: pnpm add --save-dev @ashlar/cli @ashlar/core\nthen: pnpm exec ashlar build\n",
  ],
  [
    "yarn.lock",
    "install first: yarn add --dev @ashlar/cli @ashlar/core\nthen: yarn ashlar build\n",
  ],
])("with %s, what is to be typed fits", async (lock, said) => {
  using project = new Project({ [lock]: "" });
  rmSync(project.path("node_modules"), { recursive: true });
  expect((await project.run("init")).stdout).toContain(said);
});

test("what is installed in a directory above is found", async () => {
  using project = new Project({ "packages/a/a.txt": "" });
  const made = await project.run("init", {}, "packages/a");
  expect(made.stdout).toBe(
    "ashlar.build.ts: for a project of nothing known yet\nthen: npx ashlar build\n",
  );
});

const hasCargo = spawnSync("cargo", ["--version"]).status === 0;

test.skipIf(whyNot !== undefined || !hasCargo)("Rust without a lock file gets one", async () => {
  using project = new Project({
    "Cargo.toml": `[package]\nname = "a"\nversion = "0.1.0"\nedition = "2021"\n`,
    "src/lib.rs": "",
  });
  expect((await project.run("init")).stdout).toContain("Cargo.lock: written by");
  expect(existsSync(project.path("Cargo.lock"))).toBe(true);
});
