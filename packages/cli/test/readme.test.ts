/**
 * The session of a terminal in the README: what is typed there gives what is shown there, but for times.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { execa } from "execa";
import { expect, test } from "vitest";

import { program, Project, whyNot } from "./rig.ts";

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
const session = /```console\n(\$ npx ashlar init\n[^]*?)```/.exec(readme)?.[1] ?? "";
const why = whyNot ?? (spawnSync("cc", ["--version"]).status === 0 ? undefined : "there is no cc");

/** Times are those of another day. */
const timeless = (text: string): string => text.replaceAll(/\d+(?:\.\d+)? m?s/g, "N ms").trimEnd();

test.skipIf(why !== undefined)("the session in the README is a real one", async () => {
  using project = new Project({ "src/main.c": "int main(void) { return 0; }\n" });
  const steps = session.split(/^\$ /m).filter(Boolean);
  expect(steps).toHaveLength(4);
  for (const step of steps) {
    const [typed = "", ...shown] = step.split("\n");
    const line = typed.replace("npx ashlar", `"${process.execPath}" "${program}"`);
    const options = { cwd: project.folder, env: project.env, extendEnv: false } as const;
    const { all } = await execa("bash", ["-c", line], { ...options, all: true });
    expect(timeless(all)).toBe(timeless(shown.join("\n")));
  }
});
