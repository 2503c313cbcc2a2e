/**
 * What people see: the real program in a pseudo-terminal.
 */
import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { Project } from "./rig.ts";
import { runInTerminal, screenOf, whyNoTerminal } from "./terminal.ts";

/** Stages that wait until a file is there which the test's commands make, or for ever. */
const slow = (body: string): string => `
import { sh, source, stage, all } from "@ashlar/core";
const quick = stage("quick", () => sh\`true\`);
const slow = stage("slow", () => sh.bash\`${body}\`);
const broken = stage("broken", () => sh.bash\`echo "main.c:1:2: error: no such thing"; exit 3\`);
export const good = all({ quick: quick(), slow: slow() });
export const bad = all({ quick: quick(), broken: broken() });
`;

describe.skipIf(whyNoTerminal !== undefined)("in a terminal", () => {
  test("what runs is drawn, and gone in the end", async () => {
    using project = new Project({ "ashlar.build.ts": slow("sleep 0.7") });
    const { raw, lines, code } = await runInTerminal(project, "build good");
    expect(code).toBe(0);
    expect(raw).toContain("running");
    expect(raw).toMatch(/\n {2}slow {2}\d+ ms/);
    expect(lines).toEqual([expect.stringMatching(/^succeeded in .*: 2 ran$/)]);
  });

  test("of what runs elsewhere is drawn how far it is", async () => {
    // A runner that says so, and is one of this machine all the same.
    using project = new Project({
      "ashlar.build.ts": `${slow("sleep 0.7")}
import { localRunner } from "@ashlar/runner-local";
export const settings = {
  runner: () => {
    const here = localRunner();
    const { name, platform, hermeticity } = here;
    const run = async (action: never, context: never) => {
      const { onPhase } = context as { onPhase?: (phase: string) => void };
      onPhase?.((action as { name: string }).name === "slow" ? "queued" : "executing");
      return await here.run(action, context);
    };
    return { name, platform, hermeticity, run, [Symbol.asyncDispose]: async () => await here[Symbol.asyncDispose]() };
  },
};`,
    });
    project.install("runner-local", "runners/local");
    const { raw, lines } = await runInTerminal(project, "build good");
    expect(raw).toMatch(/0 running.* · .*1 queued/);
    expect(raw).toMatch(/\n {2}slow {2}\d+ ms.*queued/);
    expect(lines).toEqual([expect.stringMatching(/^succeeded in .*: 2 ran$/)]);
  });

  test("failures stay above the drawing", async () => {
    using project = new Project({ "ashlar.build.ts": slow("true") });
    const { raw, lines, code } = await runInTerminal(project, "build bad -k");
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^failed broken after \d+ ms$/);
    expect(lines[1]).toBe("error[STAGE_FAILED]: stage `broken` exited with 3");
    expect(lines).toContainEqual(expect.stringContaining("main.c:1:2: error: no such thing"));
    expect(lines.at(-1)).toMatch(/^failed in .*: 1 failed, 1 ran$/);
    // Red, for there is a terminal.
    expect(raw).toContain("\u001b[31m");
  });

  test.each([
    ["NO_COLOR", { NO_COLOR: "1" }],
    ["a dumb terminal", { TERM: "dumb" }],
  ])("with %s there are no colours", async (_, env) => {
    using project = new Project({ "ashlar.build.ts": slow("true") });
    const { raw } = await runInTerminal(project, "build bad -k", { env });
    expect(raw).toContain("error[STAGE_FAILED]");
    expect(raw).not.toContain("\u001b[3");
    if ("TERM" in env) expect(raw).not.toContain("\u001b");
  });

  test("a narrow terminal gets narrow lines, also when it becomes narrow", async () => {
    using project = new Project({ "ashlar.build.ts": slow("sleep 1") });
    const { raw, lines } = await runInTerminal(project, "build good", {
      ...{ columns: 60, rows: 10 },
      keys: [["running", "size:18x4"]],
    });
    const drawn = raw.slice(raw.lastIndexOf("[1/2]"));
    const width = Math.max(
      ...screenOf(drawn.slice(0, drawn.indexOf("succeeded"))).map((line) => line.length),
    );
    expect(width).toBeLessThan(18);
    expect(lines.at(-1)).toMatch(/^succeeded in/);
  });

  test("Ctrl-C cancels, reports, and leaves no process", async () => {
    using project = new Project({
      "ashlar.build.ts": slow("echo $$ > /dev/null; exec sleep 471"),
    });
    const { lines, code } = await runInTerminal(project, "build good", {
      keys: [["slow", "^C"]],
    });
    expect(code).toBe(130);
    expect(lines.join("\n")).toMatch(/cancelled in .*: \d cancelled/);
    expect(processesWith("sleep\u0000471")).toEqual([]);
  });

  test("a second Ctrl-C does not wait", async () => {
    // Neither SIGTERM nor SIGINT ends it, so the first Ctrl-C has to wait until it is killed.
    using project = new Project({
      "ashlar.build.ts": slow(`trap "" TERM INT; while true; do sleep 0.472; done`),
    });
    const { code, raw } = await runInTerminal(project, "build good --sandbox none", {
      env: { NO_COLOR: "1" },
      keys: [
        // By then it does not listen to signals any more.
        [" · 1.", "^C"],
        ["stopping", "^C"],
      ],
    });
    expect(code).toBe(130);
    expect(raw).not.toContain("cancelled in");
    expect(raw).toMatch(/ended at once; what was finished before is in the store\s*$/);
    await expect.poll(() => processesWith("sleep\u00000.472")).toEqual([]);
  });

  test("a build file that never ends can be ended", async () => {
    using project = new Project({
      "ashlar.build.ts": `process.stderr.write("loading"); for (;;);`,
    });
    const { code } = await runInTerminal(project, "build", { keys: [["loading", "^C"]] });
    expect(code).toBe(-2);
  });

  test("a build in which nothing has to run draws nothing", async () => {
    using project = new Project({ "ashlar.build.ts": slow("true") });
    await project.run("build good");
    const { raw } = await runInTerminal(project, "build good", { env: { NO_COLOR: "1" } });
    expect(raw.trim()).toMatch(/^succeeded in \d+ ms: 2 reused$/);
  });
});

/** Command lines of the processes that hold a text, by /proc; none where there is no /proc. */
function processesWith(text: string): readonly string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  const { readdirSync } = process.getBuiltinModule("node:fs");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        const line = readFileSync(`/proc/${id}/cmdline`, "utf8");
        return line.includes(text) && !line.includes("python3") ? [line] : [];
      } catch {
        return [];
      }
    });
}
