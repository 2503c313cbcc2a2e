import { describe, expect, test } from "vitest";

import { lookAt } from "../src/project.ts";
import { Project, whyNot } from "./rig.ts";

test.each([
  [{ "Cargo.toml": "[package]", "package.json": "{}" }, "Rust"],
  [{ "package.json": `{ "scripts": { "test": "node --test" } }` }, "Node"],
  [
    { "package.json": `{ "scripts": { "test": "echo \\"Error: no test specified\\"" } }` },
    "nothing known yet",
  ],
  [{ "package.json": "no JSON", "src/main.c": "" }, "C"],
  [{ "main.c": "" }, "C"],
  [{}, "nothing known yet"],
])("%j is a project of %s", (files, kind) => {
  using project = new Project(files);
  expect(lookAt(project.folder).kind).toBe(kind);
});

test("what a project depends on is its own, not Ashlar", () => {
  const scripts = `"scripts": { "lint": "eslint .", "test": "node --test", "start": "node ." }`;
  using project = new Project({
    "package.json": `{ ${scripts}, "devDependencies": { "@ashlar/cli": "1" } }`,
  });
  expect(lookAt(project.folder)).toEqual({
    ...{ kind: "Node", hasDependencies: false },
    scripts: { lint: "eslint .", test: "node --test" },
  });
});

describe.skipIf(whyNot !== undefined)("a new build file builds", () => {
  const manifest = `{ "type": "module", "scripts": { "test": "node --test" } }`;
  test.each([
    ["Node", { "package.json": manifest, "a.test.js": `import "node:test";` }],
    ["nothing known yet", { "a.txt": "a" }],
  ])("a project of %s", async (kind, files) => {
    using project = new Project(files);
    const made = await project.run("init");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain(`for a project of ${kind}`);
    const built = await project.run("build");
    expect(built.stderr).toMatch(/succeeded in/);
    expect(await project.run("init")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("error[PATH_TAKEN]: `ashlar.build.ts` exists") as string,
    });
  });
});
