/**
 * The page of recipes: every build file on it can be loaded, and has the targets that it seems to have.
 */
import { readFileSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { execa } from "execa";
import { describe, expect, test } from "vitest";

import { Project, small, whyNot } from "./rig.ts";

const page = readFileSync(new URL("../../../docs/recipes.md", import.meta.url), "utf8");
const packages = fileURLToPath(new URL("../..", import.meta.url));

/** The code below a heading. */
function recipe(heading: string): string {
  const part = page.split(/^## /m).find((each) => each.startsWith(heading)) ?? "";
  return /```ts\n([^]*?)```/.exec(part)?.[1] ?? "";
}

function projectOf(files: Readonly<Record<string, string>>): Project {
  const project = new Project(files);
  const others = {
    cargo: "cargo",
    "runner-container": "runners/container",
    "runner-local": "runners/local",
  };
  for (const [name, folder] of Object.entries(others)) {
    symlinkSync(`${packages}/${folder}`, project.path(`node_modules/@ashlar/${name}`));
  }
  return project;
}

describe.skipIf(whyNot !== undefined)("the recipe for", () => {
  test.each([
    ["A monorepo", ["core.test", "server.dist", "web"]],
    ["A matrix", ["tests", "tests.level=2,sanitizer=address"]],
    ["In a container", ["app"]],
    ["Rust", ["checks.clippy", "checks.test", "crate"]],
  ])("%s has targets", async (heading, targets) => {
    using project = projectOf({ "ashlar.build.ts": recipe(heading) });
    const graph = await project.run("graph --json");
    expect(graph).toMatchObject({ code: 0, stderr: "" });
    const { stdout } = await project.run("completion targets");
    expect(stdout.split("\n")).toEqual(expect.arrayContaining(targets));
  });

  test("another tool builds", async () => {
    using project = projectOf({ "ashlar.build.ts": small, "src/a.txt": "hello\n" });
    // Without types, and with what Node 20 knows: as a tool would have compiled it.
    const script = recipe("Inside of another tool").replace("await using", "const");
    project.write({ "tool.mjs": `${script}\nawait runner[Symbol.asyncDispose]();\n` });
    const { stderr, exitCode } = await execa(process.execPath, ["tool.mjs"], {
      ...{ cwd: project.folder, env: project.env, extendEnv: false, reject: false },
    });
    expect(stderr).toMatch(/succeeded in .*: 3 ran$/);
    expect(exitCode).toBe(0);
  });
});
