/**
 * A program that is installed for the whole machine, in projects that have their own.
 */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { projectsOwn } from "../src/hand-over.ts";
import { Project, small, whyNot } from "./rig.ts";

/** Another copy of the program, which says what it was told. */
const other = {
  "package.json": `{ "bin": { "ashlar": "./run.js" } }`,
  "run.js": `console.log(["the other one", ...process.argv.slice(2)].join(" ")); process.exitCode = 7;`,
};

function installOther(project: Project, folder: string): void {
  const place = `${folder}node_modules/@ashlar/cli`;
  rmSync(project.path(place), { recursive: true, force: true });
  for (const [name, text] of Object.entries(other)) project.write({ [`${place}/${name}`]: text });
}

describe.skipIf(whyNot !== undefined)("the program leaves the work", () => {
  test("to the one of the project, from anywhere in it, with all that was typed", async () => {
    using project = new Project({ "deep/down/a.txt": "" });
    installOther(project, "");
    const said = { code: 7, stdout: "the other one build -k\n", stderr: "" };
    expect(await project.run("build -k")).toEqual(said);
    expect(await project.run("build -k", {}, "deep/down")).toEqual(said);
  });

  test("to the one of the project whose build file is named", async () => {
    using project = new Project({ "there/ashlar.build.js": "" });
    installOther(project, "there/");
    for (const words of ["plan -f there/ashlar.build.js", "plan --file=there/ashlar.build.js"]) {
      expect((await project.run(words)).stdout).toBe(`the other one ${words}\n`);
    }
  });

  test("to nobody when it is the project's own, or there is none", async () => {
    using project = new Project({ "ashlar.build.ts": small, "src/a.txt": "hello\n" });
    expect((await project.run("build")).stderr).toMatch(/: 3 ran\n$/);
    rmSync(project.path("node_modules/@ashlar/cli"), { recursive: true });
    expect((await project.run("build")).stderr).toMatch(/: 3 reused\n$/);
  });
});

test("links lead to the program itself, and what is not whole counts for nothing", () => {
  using project = new Project({ "store/cli/package.json": other["package.json"] });
  rmSync(project.path("node_modules/@ashlar/cli"), { recursive: true });
  symlinkSync(project.path("store/cli"), project.path("node_modules/@ashlar/cli"));
  const find = (self: string): string | undefined => projectsOwn([], project.folder, self);
  expect(find("/usr/lib/ashlar/bin.js")).toBeUndefined();
  project.write({ "store/cli/run.js": "" });
  expect(find("/usr/lib/ashlar/bin.js")).toBe(project.path("store/cli/run.js"));
  expect(find(project.path("store/cli/run.js"))).toBeUndefined();
  project.write({ "store/cli/package.json": "no JSON" });
  expect(find("/usr/lib/ashlar/bin.js")).toBeUndefined();
  mkdirSync(project.path("empty"));
  expect(projectsOwn(["--", "-f", "empty/x"], project.folder, "/x")).toBeUndefined();
});
