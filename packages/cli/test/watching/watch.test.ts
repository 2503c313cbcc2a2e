/**
 * `ashlar watch`, through the real program: the test edits, and waits for what is said.
 */
import { rmSync } from "node:fs";

import { execa } from "execa";
import { describe, expect, test } from "vitest";

import { program, Project, small, whyNot } from "../rig.ts";

/** The program while it runs. */
class Watching implements AsyncDisposable {
  readonly #process;
  #text = "";
  #wake = (): void => {};

  constructor(project: Project, words: readonly string[]) {
    this.#process = execa(process.execPath, [program, "watch", ...words], {
      ...{ cwd: project.folder, env: project.env, extendEnv: false, reject: false, buffer: false },
    });
    this.#process.stderr.on("data", (part: Buffer) => {
      this.#text += part.toString();
      this.#wake();
    });
  }

  /**
   * All that was said until something was, and until it waits for changes after that, since it was asked last. One
   * edit may be more than one change: on a busy machine, a file is seen when it is half written.
   */
  async said(what: RegExp): Promise<string> {
    const start = await this.until(what);
    return start + (await this.until(/waiting for changes; Ctrl-C ends this\n/));
  }

  /** All that was said up to the end of something, since it was asked last. */
  async until(end: RegExp): Promise<string> {
    for (;;) {
      const found = end.exec(this.#text);
      if (found !== null) {
        const said = this.#text.slice(0, found.index + found[0].length);
        this.#text = this.#text.slice(said.length);
        return said;
      }
      const more = new Promise<void>((done) => {
        this.#wake = done;
      });
      const isOver = await Promise.race([more, this.#process.then(() => true)]);
      if (isOver === true) throw new Error(`it has ended: ${this.#text}`);
    }
  }

  async end(): Promise<number | undefined> {
    this.#process.kill("SIGINT");
    return (await this.#process).exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process;
  }
}

describe.skipIf(whyNot !== undefined)("watch", () => {
  test("builds again when a source changes, and ends with Ctrl-C", async () => {
    using project = new Project({ "ashlar.build.ts": small, "src/a.txt": "hello\n" });
    await using it = new Watching(project, []);
    await it.said(/succeeded in .*: 3 ran\n/);
    project.write({ "src/a.txt": "hello again\n" });
    expect(await it.said(/succeeded in .*: 3 ran\n/)).toMatch(/^changed: src\/a.txt\n/);
    project.write({ "src/a.txt": "hello, bad\n" });
    await it.said(/error\[STAGE_FAILED\]: stage `lint` exited with 3/);
    project.write({ "src/a.txt": "hello\n" });
    await it.said(/succeeded in .*: 3 reused\n/);
    expect(await it.end()).toBe(0);
  });

  test("is not told of its own store", async () => {
    using project = new Project({
      "ashlar.build.ts": `import { sh, source, stage } from "@ashlar/core";
export const use = stage("use", () => sh\`ls \${source(".", { exclude: ["node_modules"] })}\`)();`,
      "a.txt": "",
    });
    await using it = new Watching(project, []);
    await it.said(/succeeded in .*: 1 ran\n/);
    project.write({ "a.txt": "more" });
    // What it is told of then comes at once, in the order in which it was written.
    const said = await it.said(/succeeded in .*: 1 ran\n/);
    expect(new Set(said.match(/^changed: .*$/gm))).toEqual(new Set(["changed: a.txt"]));
  });

  test("loads the build file anew, and gets over one that is broken", async () => {
    using project = new Project({
      "ashlar.build.ts": small
        .replace(`"src"`, "folder")
        .replace("import", `import { folder } from "./folder.ts";\nimport`),
      "folder.ts": `export const folder = "src";`,
      "src/a.txt": "hello\n",
      "other/a.txt": "hello there\n",
    });
    await using it = new Watching(project, ["copied"]);
    await it.said(/: 1 ran\n/);
    project.write({ "folder.ts": `export const folder = ;` });
    await it.said(/error\[BUILD_FILE_SYNTAX\]: `folder.ts:1:22` cannot be read/);
    project.write({ "folder.ts": `export const folder = "other";` });
    await it.said(/: 1 ran\n/);
    project.write({ "other/a.txt": "hello elsewhere\n" });
    expect(await it.said(/: 1 ran\n/)).toContain("changed: other/a.txt\n");
  });

  test("hears of an edit that comes while the build file is loaded", async () => {
    using project = new Project({
      "ashlar.build.ts": `import { existsSync, writeFileSync } from "node:fs";
${small.replace(`"src"`, "folder").replace("import", `import { folder } from "./folder.ts";\nimport`)}
if (!existsSync("edited")) {
  writeFileSync("edited", "");
  writeFileSync("folder.ts", 'export const folder = "other";');
}`,
      "folder.ts": `export const folder = "src";`,
      "src/a.txt": "hello\n",
      "other/a.txt": "hello there\n",
    });
    await using it = new Watching(project, ["copied"]);
    expect(await it.until(/changed: .*\n/)).toContain("changed: folder.ts\n");
    await it.said(/succeeded in .*: 1 ran\n/);
    project.write({ "other/a.txt": "hello elsewhere\n" });
    expect(await it.said(/: 1 ran\n/)).toContain("changed: other/a.txt\n");
  });

  test("stops a build that a change has overtaken", async () => {
    const slow = "echo copying; if grep -q slow ${src}/a.txt; then sleep 600; fi;";
    using project = new Project({
      "ashlar.build.ts": small.replace("echo copying;", slow),
      "src/a.txt": "slow\n",
    });
    await using it = new Watching(project, ["copied", "--verbose"]);
    await it.until(/copy │ copying/);
    project.write({ "src/a.txt": "hello\n" });
    const said = await it.said(/succeeded in .*: 1 ran\n/);
    expect(said).toContain("changed: src/a.txt\n");
    // That it was stopped is no news, for another one has followed.
    expect(said).not.toContain("cancelled in");
  });

  test("sees folders go, come again, and change after that", async () => {
    using project = new Project({ "ashlar.build.ts": small, "src/a.txt": "hello\n" });
    await using it = new Watching(project, ["copied"]);
    await it.said(/: 1 ran\n/);
    rmSync(project.path("src"), { recursive: true });
    expect(await it.until(/error\[SOURCE_MISSING\]/)).toContain("changed: src");
    project.write({ "src/a.txt": "hello again\n" });
    expect(await it.said(/: 1 ran\n/)).toContain("changed: src");
    project.write({ "src/a.txt": "hello once more\n" });
    expect(await it.said(/: 1 ran\n/)).toContain("changed: src/a.txt");
  });
});
