import { spawnSync } from "node:child_process";

import { describe, expect, test } from "vitest";

import { completionScript, shells } from "../src/completion.ts";
import { commands, commonOptions } from "../src/declared.ts";

const has = (program: string): boolean => spawnSync(program, ["-c", "true"]).status === 0;

test.each(shells)("the script for %s knows every command and option", (shell) => {
  const script = completionScript(shell, commands, commonOptions);
  for (const { name, options } of commands) {
    for (const word of name.split(" ")) expect(script).toContain(word);
    for (const { flags } of options) {
      const long = /--([a-z-]+)/.exec(flags)?.[1] ?? "";
      expect(script).toContain(shell === "fish" ? `-l ${long}` : `--${long}`);
    }
  }
});

describe.skipIf(!has("bash"))("bash", () => {
  /** What is offered for a line; the last word is being typed. */
  function offered(...words: readonly string[]): string[] {
    const script = completionScript("bash", commands, commonOptions);
    const line = ["ashlar", ...words].map((word) => `'${word}'`).join(" ");
    const ask = `ashlar() { printf '%s\\n' app checks.unit tests.node=20,os=linux tests.node=22,os=mac; }
COMP_WORDS=(${line}); COMP_CWORD=${words.length}; COMP_LINE="\${COMP_WORDS[*]}"; COMP_POINT=\${#COMP_LINE}
COMP_LINE="\${COMP_LINE// = /=}"; COMP_POINT=\${#COMP_LINE}; COMP_WORDBREAKS="= "; _ashlar; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", `${script}\n${ask}`], { encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout.split("\n").filter(Boolean);
  }

  test("offers commands, options, choices and targets", () => {
    expect(offered("bu")).toEqual(["build"]);
    expect(offered("build", "--k")).toEqual(["--keep-going"]);
    expect(offered("build", "--sandbox", "r")).toEqual(["required"]);
    expect(offered("build", "ch")).toEqual(["checks.unit"]);
    expect(offered("completion", "f")).toEqual(["fish"]);
    expect(offered("gc", "a")).toEqual([]);
    expect(offered("cache", "e")).toEqual(["explain"]);
    expect(offered("cache", "explain", "--ag")).toEqual(["--against"]);
  });

  test("offers cells of a matrix, the part of which that is being typed", () => {
    const cells = ["tests.node=20,os=linux", "tests.node=22,os=mac"];
    expect(offered("build", "tests")).toEqual(cells);
    // As bash splits it.
    expect(offered("build", "tests.node", "=", "22,os", "=", "m")).toEqual(["mac"]);
    expect(offered("build", "tests.node", "=", "2")).toEqual(["20,os=linux", "22,os=mac"]);
  });
});
