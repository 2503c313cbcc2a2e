/**
 * Functions of modules: what is taken along, what keys them, and that it is what runs.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import {
  build,
  BuildError,
  DiskStore,
  fn,
  MemoryStore,
  out,
  stage,
  text,
  tryBuild,
  type FnModuleOptions,
  type Report,
  type Store,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";

import { canRunTypes } from "../packages/core/src/rebuild/modules/types.ts";

// Some of its functions write to the project, which a sandbox would hide.
const runner = localRunner({ sandbox: "none" });
afterAll(async () => await runner[Symbol.asyncDispose]());

/** A folder of modules, and a store. */
class Project {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-fn-")));
  store: Store = new DiskStore(join(this.folder, "store"));

  constructor(files: Readonly<Record<string, string>> = {}) {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    this.write(files);
  }

  write(files: Readonly<Record<string, string>>, base = "checkout"): void {
    for (const [path, content] of Object.entries(files)) {
      const full = join(this.folder, base, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
    }
  }

  link(path: string, target: string): void {
    const full = join(this.folder, "checkout", path);
    mkdirSync(dirname(full), { recursive: true });
    symlinkSync(target, full);
  }

  /** Calls the `main` of a module, which returns what is to be in its output. */
  async run(
    module: string,
    {
      base = "checkout",
      name = "main",
      ...options
    }: FnModuleOptions & { base?: string; name?: string } = {},
  ): Promise<Report> {
    const file = pathToFileURL(join(this.folder, base, module));
    const target = stage("call", () => fn.module(file, name, options))();
    return await tryBuild(target, { runner, store: this.store, cwd: join(this.folder, base) });
  }

  /** What the `main` of a module prints. */
  async print(module: string, options: FnModuleOptions & { base?: string } = {}): Promise<string> {
    const report = await this.run(module, options);
    report.throwIfFailed();
    return await report.log(report.stages[0]!);
  }
}

const say = (expression: string, head = ""): string =>
  `${head}\nexport const main = () => console.log(${expression});\n`;

async function failure(report: Promise<Report>): Promise<BuildError> {
  try {
    return (await report).errors[0]!;
  } catch (error) {
    if (error instanceof BuildError) return error;
    throw error;
  }
}

describe("a function of a module", () => {
  test("is given inputs, params and outputs", async () => {
    const project = new Project({
      "tools/shout.mjs": `
        import { readFileSync, writeFileSync } from "node:fs";
        export async function shout({ inputs, params, out }) {
          writeFileSync(out.loud, readFileSync(inputs.src, "utf8").toUpperCase() + params.mark);
        }`,
    });
    const file = pathToFileURL(join(project.folder, "checkout/tools/shout.mjs"));
    const shout = stage("shout", () =>
      fn.module(file, "shout", {
        inputs: { src: text("hello").as("words.txt") },
        params: { mark: "!" },
        outputs: { loud: out.file("loud.txt") },
      }),
    );
    const loud = shout();
    const report = await tryBuild(loud, { runner, store: project.store });
    expect(await report.text(loud)).toBe("HELLO!");
  });

  test("brings what it imports: statically, by literals, as CommonJS, as data", async () => {
    const project = new Project({
      "package.json": `{ "name": "own", "type": "module", "imports": { "#four": "./lib/four.js" }, "exports": { "./five": "./lib/five.js" } }`,
      "tools/main.js": `
        import { one } from "../lib/one.js";
        import { createRequire } from "node:module";
        import { readFileSync } from "node:fs";
        import { four } from "#four";
        import { five } from "own/five";
        import six from "../lib/six.json" with { type: "json" };
        const load = createRequire(import.meta.url);
        export { one } from "../lib/one.js";
        export async function main() {
          const { two } = load("../lib/two");
          const { seven } = await import(\`../lib/seven.js\`);
          const eight = readFileSync(new URL("../lib/eight.txt", import.meta.url), "utf8");
          console.log(one, two, three, four, five, six, seven, eight);
        }`,
      "lib/one.js": `export * from "./three.js"; export const one = 1;`,
      "lib/three.js": `export const three = 3; globalThis.three = 3;`,
      "lib/two/index.js": `module.exports = require("./two.cjs");`,
      "lib/two/package.json": `{}`,
      "lib/two/two.cjs": `exports.two = 2;`,
      "lib/four.js": `export const four = 4;`,
      "lib/five.js": `export const five = 5;`,
      "lib/six.json": `6`,
      "lib/seven.js": `export const seven = 7;`,
      "lib/eight.txt": `8`,
    });
    expect(await project.print("tools/main.js")).toBe("1 2 3 4 5 6 7 8\n");
  });

  test("may lie in files of any name", async () => {
    const project = new Project({
      "a b/one%20#two?.mjs": say("odd", `import { odd } from "./%F0%9F%90%8C%25.mjs";`),
      "a b/🐌%.mjs": `export const odd = "odd";`,
    });
    expect(await project.print("a b/one%20#two?.mjs")).toBe("odd\n");
  });

  test("names places in the user's files when it throws", async () => {
    const project = new Project({
      "tools/main.mjs": `import { fall } from "../lib/fall.mjs";\nexport const main = () => fall();`,
      "lib/fall.mjs": `export function fall() {\n  throw new Error("it fell");\n}`,
    });
    const { code, facts } = await failure(project.run("tools/main.mjs"));
    expect(code).toBe("STAGE_FAILED");
    expect(facts["log"]).toBe(
      "Error: it fell\n    at fall (lib/fall.mjs:2:9)\n    at main (tools/main.mjs:2:27)",
    );
  });

  test("an export that is not there is named, with those that are", async () => {
    const project = new Project({ "a.mjs": `export const main = () => 1; export const b = 2;` });
    const { facts } = await failure(project.run("a.mjs", { name: "mian" }));
    expect(facts["log"]).toBe("the module exports no function `mian`; it exports: b, main");
  });
});

describe("packages", () => {
  test("are taken whole, with those that they depend on, through links", async () => {
    const project = new Project({
      "main.mjs": say("a", `import { a } from "a";`),
      // As pnpm lays them.
      "node_modules/.pnpm/a@1/node_modules/a/package.json": `{ "name": "a", "exports": { "import": "./a.mjs" }, "dependencies": { "b": "*", "absent": "*" } }`,
      "node_modules/.pnpm/a@1/node_modules/a/a.mjs": `import { readFileSync } from "node:fs"; import b from "b"; export const a = readFileSync(new URL("data/" + "a.txt", import.meta.url), "utf8") + b.b;`,
      "node_modules/.pnpm/a@1/node_modules/a/data/a.txt": `whole `,
      "node_modules/.pnpm/b@2/node_modules/b/package.json": `{ "name": "b", "main": "./lib" }`,
      "node_modules/.pnpm/b@2/node_modules/b/lib/index.js": `exports.b = require("./" + "c").c;`,
      "node_modules/.pnpm/b@2/node_modules/b/lib/c.js": `exports.c = "linked";`,
    });
    project.link("node_modules/a", ".pnpm/a@1/node_modules/a");
    project.link("node_modules/.pnpm/a@1/node_modules/b", "../../b@2/node_modules/b");
    expect(await project.print("main.mjs")).toBe("whole linked\n");

    // A file that nothing names: part of the package all the same.
    project.write({ "node_modules/.pnpm/b@2/node_modules/b/lib/c.js": `exports.c = "changed";` });
    expect(await project.print("main.mjs")).toBe("whole changed\n");
  });

  test("nested, as npm lays them", async () => {
    const project = new Project({
      "main.mjs": say("a, b", `import a from "a"; import b from "b";`),
      "node_modules/a/package.json": `{ "dependencies": { "b": "1" } }`,
      "node_modules/a/index.js": `module.exports = "a over " + require("b");`,
      "node_modules/a/node_modules/b/index.js": `module.exports = "b1";`,
      "node_modules/b/index.js": `module.exports = "b2";`,
    });
    expect(await project.print("main.mjs")).toBe("a over b1 b2\n");
  });

  test("of the own workspace are followed file by file", async () => {
    const project = new Project({
      "app/main.mjs": say("lib", `import { lib } from "@own/lib/sub";`),
      "lib/package.json": `{ "name": "@own/lib", "type": "module", "exports": { "./*": { "types": "./no.d.ts", "default": "./src/*.js" } } }`,
      "lib/src/sub.js": `export const lib = "followed";`,
      "lib/src/other.js": `export const other = 1;`,
    });
    project.link("app/node_modules/@own/lib", "../../../lib");
    expect(await project.print("app/main.mjs")).toBe("followed\n");
    project.write({ "lib/src/other.js": `export const other = 2;` });
    expect((await project.run("app/main.mjs")).ran).toEqual([]);
    project.write({ "lib/src/sub.js": `export const lib = "edited";` });
    expect(await project.print("app/main.mjs")).toBe("edited\n");
  });
});

describe("the key of a module", () => {
  const files = {
    "package.json": `{ "type": "module", "version": "1.0.0" }`,
    "tools/main.js": say("help", `import { help } from "./help.js";`),
    "tools/help.js": `export const help = "help";`,
    "tools/other.js": `export const other = 1;`,
  };

  test("follows what it imports, and nothing else", async () => {
    const project = new Project(files);
    expect((await project.run("tools/main.js")).ran).toEqual(["call"]);
    expect((await project.run("tools/main.js")).ran).toEqual([]);

    project.write({ "tools/other.js": `export const other = 2;`, "tools/new.js": "" });
    expect((await project.run("tools/main.js")).ran).toEqual([]);
    project.write({ "package.json": `{ "type": "module", "version": "1.0.1" }` });
    expect((await project.run("tools/main.js")).ran).toEqual([]);

    project.write({ "tools/help.js": `export const help = "edited";` });
    expect((await project.run("tools/main.js")).ran).toEqual(["call"]);
  });

  test("does not know where the checkout lies", async () => {
    const project = new Project(files);
    project.write(files, "elsewhere/deep");
    expect((await project.run("tools/main.js")).ran).toEqual(["call"]);
    expect((await project.run("tools/main.js", { base: "elsewhere/deep" })).ran).toEqual([]);
  });

  test("is pinned, with the layout of what is taken: changing it is a conscious act", async () => {
    const project = new Project({
      ...files,
      "node_modules/.pnpm/a@1/node_modules/a/package.json": `{ "name": "a" }`,
      "tools/main.js": `import a from "a"; import "./help.js"; import "./data.json";`,
      "tools/data.json": `1`,
    });
    project.link("node_modules/a", ".pnpm/a@1/node_modules/a");
    const file = pathToFileURL(join(project.folder, "checkout/tools/main.js"));
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    const call = stage("call", () => fn.module(file, "main"))();
    const { stages } = await build(call, { runner: mock, store: new MemoryStore() });
    expect(stages[0]?.key).toBe(
      "285f64f82323db834ca1c2286c940638fe19f1b4e2cd06ca65851f12d4769658/182",
    );
    expect(await mock.calls[0]!.list()).toEqual([
      ".fn/call.json",
      ".fn/modules/files/node_modules/.pnpm/a@1/node_modules/a/package.json",
      ".fn/modules/files/node_modules/a",
      ".fn/modules/files/package.json",
      ".fn/modules/files/tools/data.json",
      ".fn/modules/files/tools/help.js",
      ".fn/modules/files/tools/main.js",
      ".fn/modules/package.json",
      ".fn/modules/start.mjs",
      ".fn/start.mjs",
    ]);
    expect(await mock.calls[0]!.text(".fn/modules/files/package.json")).toBe(
      `{\n  "type": "module"\n}\n`,
    );
  });

  test("blobs that are lost are taken again", async () => {
    const project = new Project(files);
    expect((await project.run("tools/main.js")).ran).toEqual(["call"]);
    for (const half of ["cas", "packs"]) {
      rmSync(join(project.folder, "store", half), { recursive: true, force: true });
    }
    project.store = new DiskStore(join(project.folder, "store"));
    expect(await project.print("tools/main.js")).toBe("help\n");
  });

  test("follows what appears nearer by", async () => {
    const project = new Project({
      "app/main.mjs": say("a", `import a from "a";`),
      "node_modules/a/index.js": `module.exports = "far";`,
    });
    expect(await project.print("app/main.mjs")).toBe("far\n");
    project.write({ "app/node_modules/a/index.js": `module.exports = "near";` });
    expect(await project.print("app/main.mjs")).toBe("near\n");
  });

  test("what is computed is not there, until it is included", async () => {
    const project = new Project({
      "main.mjs": `export const main = async () => console.log((await import("./plug" + "ins/a.mjs")).a);`,
      "plugins/a.mjs": `export { b as a } from "../b.mjs";`,
      "b.mjs": `export const b = "found";`,
    });
    const { code, facts } = await failure(project.run("main.mjs"));
    expect(code).toBe("STAGE_FAILED");
    expect(facts["log"]).toContain("`include`");
    expect(await project.print("main.mjs", { include: ["plugins/*.mjs"] })).toBe("found\n");
    project.write({ "b.mjs": `export const b = "edited";` });
    expect(await project.print("main.mjs", { include: ["plugins/*.mjs"] })).toBe("edited\n");
  });

  test("edits during the build reach neither the run nor the key", async () => {
    const project = new Project({
      "main.mjs": `import { writeFileSync } from "node:fs"; export const main = ({ params }) => writeFileSync(params.self, "edited");`,
    });
    const self = join(project.folder, "checkout/main.mjs");
    expect((await project.run("main.mjs", { params: { self } })).outcome).toBe("succeeded");
    project.write({
      "main.mjs": `import { writeFileSync } from "node:fs"; export const main = ({ params }) => writeFileSync(params.self, "edited");`,
    });
    expect((await project.run("main.mjs", { params: { self } })).ran).toEqual([]);
  });
});

describe("bad modules", () => {
  test("a file that is not there, and an import that leads nowhere", async () => {
    const project = new Project({
      "a.mjs": `import "./b.mjs";`,
      "c.mjs": `import "no-such-package";`,
    });
    expect(await failure(project.run("no.mjs"))).toMatchObject({ code: "SOURCE_MISSING" });
    expect(await failure(project.run("a.mjs"))).toMatchObject({
      code: "FN_IMPORT",
      message: expect.stringContaining("imports `./b.mjs`"),
    });
    expect(await failure(project.run("c.mjs"))).toMatchObject({ code: "FN_IMPORT" });
  });

  test("an import that may fail, may", async () => {
    const project = new Project({
      "a.mjs": `export const main = () => import("no-such-package").catch(() => console.log("none"));`,
    });
    expect(await project.print("a.mjs")).toBe("none\n");
  });

  test("a file that is no module", async () => {
    const project = new Project({ "a.mjs": `export const main = (;` });
    expect(await failure(project.run("a.mjs"))).toMatchObject({ code: "FN_MODULE" });
  });

  test.runIf(canRunTypes)("TypeScript runs where Node runs it", async () => {
    const project = new Project({
      "a.ts": `import { b } from "./b.ts"; export const main = (call: object): void => console.log(b);`,
      "b.ts": `export const b: number = 1;`,
    });
    expect(await project.print("a.ts")).toBe("1\n");
  });

  test.runIf(!canRunTypes)("TypeScript is refused where Node does not run it", async () => {
    const project = new Project({ "a.ts": `export const main = (): void => {};` });
    expect(await failure(project.run("a.ts"))).toMatchObject({
      code: "FN_MODULE",
      facts: { found: expect.stringContaining("TypeScript") },
    });
  });

  test("what makes no sense is refused when it is described", () => {
    expect(() => fn.module("a.mjs", "")).toThrow("export");
    expect(() => fn.module("a.mjs", "a", { params: { b: undefined as never } })).toThrow(
      "params.b",
    );
  });
});
