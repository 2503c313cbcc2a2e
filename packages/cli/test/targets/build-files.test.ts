/**
 * Build files as people get them wrong, through the real program.
 */
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { Project, whyNot } from "../rig.ts";

describe.skipIf(whyNot !== undefined)("a build file that", () => {
  test("is not there names where it was looked for", async () => {
    using project = new Project({});
    const { code, stderr } = await project.run("plan");
    expect(stderr).toContain("error[BUILD_FILE_MISSING]: there is no `ashlar.build.ts` here");
    expect(code).toBe(2);
    expect((await project.run("plan -f ci/b.ts")).stderr).toContain("there is no file `ci/b.ts`");
  });

  test("has a syntax error is shown at line and column", async () => {
    using project = new Project({
      "ashlar.build.ts": `const a: number = 1;\n\nexport const b = word..toUpperCase();\n`,
    });
    const { code, stderr } = await project.run("plan");
    expect(stderr)
      .toBe(`error[BUILD_FILE_SYNTAX]: \`ashlar.build.ts:3:22\` cannot be read: unexpected token

  code    1 │ const a: number = 1;
          2 │
        > 3 │ export const b = word..toUpperCase();
            │                      ^
          4 │

hint: correct the line; nothing was run
`);
    expect(code).toBe(2);
  });

  test("imports a file with a syntax error is shown that file", async () => {
    using project = new Project({
      "ashlar.build.ts": `import "./parts/app.ts";`,
      "parts/app.ts": `export const = 1;`,
    });
    expect((await project.run("plan")).stderr).toContain("`parts/app.ts:1:13` cannot be read");
  });

  test("throws is shown at its line, with what was thrown", async () => {
    using project = new Project({
      "ashlar.build.ts": `interface A {\n  a: 1;\n}\nfunction app(): A {\n  throw new TypeError("no app");\n}\nexport const a = app();\n`,
    });
    const { code, stderr } = await project.run("plan");
    expect(stderr).toContain("error[BUILD_FILE_FAILED]: `ashlar.build.ts` threw an error");
    expect(stderr).toContain("error  TypeError: no app\n  at     ashlar.build.ts:5\n");
    expect(stderr).toContain(`> 5 │   throw new TypeError("no app");`);
    expect(code).toBe(2);
  });

  test("uses the core wrongly is told by the core, at its line", async () => {
    using project = new Project({
      "ashlar.build.ts": `import { sh, stage } from "@ashlar/core";\nconst make = stage("", () => sh\`make\`);\nexport const made = make();\n`,
    });
    const { stderr } = await project.run("plan");
    expect(stderr).toContain(`STAGE_NAME: the name of a stage is the string ""`);
    expect(stderr).toContain("> 2 │ const make");
    expect(stderr).toContain("hint: give it a short name for people");
  });

  test("imports what is not there is shown who imports it", async () => {
    using project = new Project({
      "ashlar.build.ts": `import { a } from "./b.ts";\nexport const c = a;\n`,
      "b.ts": `import "not-there";\nexport const a = 1;\n`,
    });
    const { stderr } = await project.run("plan");
    expect(stderr).toContain("Cannot find module 'not-there', which `b.ts` imports");
    expect(stderr).toContain(`> 1 │ import "not-there";`);
    expect(stderr).toContain("hint: install the package");
  });

  test("awaits what never comes is an error, and no success", async () => {
    using project = new Project({
      "ashlar.build.ts": `import { sh, stage } from "@ashlar/core";
export const a = stage("a", () => sh\`true\`)();
await new Promise(() => {});`,
    });
    expect(await project.run("build")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("the build file awaits something that never comes") as string,
    });
  });

  test("calls what an import does not have is told its name", async () => {
    using project = new Project({
      "ashlar.build.ts": `import { stagee } from "@ashlar/core";\nexport const a = stagee("a");`,
    });
    expect((await project.run("build")).stderr).toContain("TypeError: stagee is not a function");
  });

  test("throws a text is shown the text", async () => {
    using project = new Project({ "ashlar.build.ts": `throw "out of luck";` });
    expect((await project.run("plan")).stderr).toContain("error  out of luck");
  });

  test("exports nothing, or a promise, is told what to export", async () => {
    using project = new Project({ "ashlar.build.ts": `export const word = "w";` });
    expect((await project.run("plan")).stderr).toContain(
      "error[BUILD_FILE_EMPTY]: `ashlar.build.ts` exports nothing that can be built\n\n  exports  word",
    );
    project.write({ "ashlar.build.ts": `export const app = Promise.resolve(1);` });
    expect((await project.run("plan")).stderr).toContain(
      "error[BUILD_FILE_PROMISE]: export `app` of `ashlar.build.ts` is a promise",
    );
  });

  test("has types, awaits at its top, imports TypeScript and is JavaScript", async () => {
    using project = new Project({
      "ashlar.build.ts": `import { source, type Tree } from "@ashlar/core";\nimport { folder } from "./folder.ts";\nexport const src: Tree = source(await Promise.resolve(folder satisfies string));\n`,
      "folder.ts": `export const folder = "." as const;\n`,
      "other.mjs": `import { source } from "@ashlar/core";\nexport const plain = source(".");\n`,
    });
    expect((await project.run("graph --json")).stdout).toContain(`"source:."`);
    expect((await project.run("graph --json -f other.mjs")).code).toBe(0);
  });

  test("is in a directory above is found, and sources start there", async () => {
    using project = new Project({
      "ashlar.build.ts": `import { sh, source, stage } from "@ashlar/core";\nexport const ok = stage("ok", () => sh\`cat \${source("src")}/a\`)();`,
      "src/a": "a",
      "deep/down/b": "b",
    });
    const { code } = await project.run(`build -f ${project.path("ashlar.build.ts")}`);
    expect(code).toBe(0);
  });

  test("has functions with imports of their own runs them", async () => {
    using project = new Project({
      "ashlar.build.ts": `import { fn, out, source, stage, type Tree } from "@ashlar/core";
const count = stage("count", (src: Tree) =>
  fn({
    inputs: { src },
    outputs: { n: out.file("n") },
    run: async ({ inputs, out: { n } }) => {
      const { readdir, writeFile } = await import("node:fs/promises");
      await writeFile(n, String((await readdir(inputs.src)).length));
    },
  }),
);
export const counted = count(source("src"));
`,
      "src/a": "a",
    });
    expect(await project.run("export counted n.txt")).toMatchObject({ code: 0 });
    expect(readFileSync(project.path("n.txt"), "utf8")).toBe("1");
  });
});
