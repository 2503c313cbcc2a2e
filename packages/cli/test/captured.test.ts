/**
 * Stages taken out of their build: to look around in, and to run elsewhere.
 */
import { existsSync, readFileSync, renameSync } from "node:fs";

import { execa } from "execa";
import { describe, expect, test } from "vitest";

import { shellLine } from "../src/captured/shell-words.ts";
import { Project, whyNot } from "./rig.ts";
import { runInTerminal, whyNoTerminal } from "./terminal.ts";

const files = {
  "ashlar.build.ts": `
import { out, sh, source, stage, type File, type Tree } from "@ashlar/core";
const make = stage("make", ({ src }: { src: Tree }) => sh.bash\`cat \${src}/a.txt > \${out.file("made")}\`);
const test = stage(
  "test",
  ({ made }: { made: File }) =>
    sh.bash({ env: { WORD: "it's" } })\`echo "$WORD $(cat \${made})" | tee \${out.file("said")}; exit 3\`,
);
export const said = test({ made: make({ src: source("src") }) });
`,
  "src/a.txt": "hello\n",
};

test("words survive a shell", () => {
  expect(shellLine(["cc", "-o", "a b", "it's", "$x", ""])).toBe(`cc -o 'a b' 'it'\\''s' '$x' ''`);
});

describe.skipIf(whyNot !== undefined)("repro", () => {
  test("writes a failed stage with its inputs, and it fails elsewhere as it did", async () => {
    using project = new Project(files);
    expect(await project.run("repro test out/here")).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(project.path("out/here/root/in/made"), "utf8")).toBe("hello\n");
    renameSync(project.path("out/here"), project.path("moved"));
    const ended = await execa(project.path("moved/run.sh"), { reject: false });
    expect(ended).toMatchObject({ exitCode: 3, stdout: "it's hello" });
    expect(ended.stderr).toBe("wrote out/said\nit ended with 3");
    expect(await project.run("repro test moved")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("error[PATH_TAKEN]") as string,
    });
  });

  test("takes a stage whose result is there, too, and names those that are not", async () => {
    using project = new Project(files);
    await project.run("build");
    expect((await project.run("repro make made")).code).toBe(0);
    expect(existsSync(project.path("made/root/in/src/a.txt"))).toBe(true);
    const wrong = await project.run("repro mkae none");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("did you mean `make`?");
  });

  test("has the programs that a manager of tools names, and outputs where they are, wherever it starts", async () => {
    const node = process.execPath;
    using project = new Project({
      "ashlar.build.ts": `
import { out, sh, stage, text, tool } from "@ashlar/core";
const tools = [tool.host("cat", { version: ["--version"], locate: ["sh", "-c", "echo ${node}"] })];
const ask = stage("ask", () => sh({ tools, cwd: "sub", root: { "sub/.keep": text("") }, outputs: { said: out.file("made/said") } })\`cat --eval \${"fs.writeFileSync('../made/said', '')"}\`);
export const said = ask();`,
    });
    expect(await project.run("repro ask here")).toMatchObject({ code: 0, stderr: "" });
    const ended = await execa(project.path("here/run.sh"), { reject: false });
    expect(ended).toMatchObject({ exitCode: 0, stderr: "wrote made/said\nit ended with 0" });
  });

  test("says where it cannot be written", async () => {
    using project = new Project(files);
    expect(await project.run("repro make /dev/null/here")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("error[REPORT_UNWRITABLE]: `/dev/null/here`") as string,
    });
  });

  test("fails as a build does when the inputs cannot be made", async () => {
    using project = new Project(files);
    project.write({ "src/a.txt": "x" });
    const broken = files["ashlar.build.ts"].replace("cat ", "exit 7; cat ");
    project.write({ "ashlar.build.ts": broken });
    const { code, stderr } = await project.run("repro test here");
    expect(code).toBe(1);
    expect(stderr).toContain("stage `make` exited with 7");
    expect(existsSync(project.path("here"))).toBe(false);
  });
});

describe.skipIf(whyNoTerminal !== undefined)("shell", () => {
  test("is where the command would run, with what it would find", async () => {
    using project = new Project(files);
    const { lines, code } = await runInTerminal(project, "shell test", {
      keys: [
        ["(ashlar) $ ", "cat in/made; echo $WORD; pwd\n"],
        ["(ashlar) $ ", "exit 5\n"],
      ],
    });
    expect(code).toBe(0);
    expect(lines[0]).toBe("test would run here:");
    expect(lines).toContain("hello");
    expect(lines).toContain("it's");
    const folder = lines.find((line) => line.endsWith("/root")) ?? "";
    expect(folder).toContain("ashlar-shell-");
    expect(existsSync(folder)).toBe(false);
  });
});
