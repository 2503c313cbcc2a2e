/**
 * What people see: the real program in a pseudo-terminal.
 */
import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { Project } from "./rig.ts";
import { runInTerminal, screenOf, whyNoTerminal } from "./terminal.ts";

/** Stages: of `good`, `slow` begins when `quick` has ended. */
const slow = (body: string): string => `
import { sh, stage, all } from "@ashlar/core";
const quick = stage("quick", () => sh\`true\`)();
const slow = stage("slow", () => sh.bash\`${body}\`)().after(quick);
const broken = stage("broken", () => sh.bash\`echo "main.c:1:2: error: no such thing"; exit 3\`)();
export const good = all({ quick, slow });
export const bad = all({ quick, broken });
`;

/** A project whose `slow` runs until there is a file, and what makes that file once something was written. */
function held(more = ""): { readonly project: Project; readonly go: `file:${string}` } {
  const project = new Project({});
  const go = project.path("go");
  const body = `until test -e '${go}'; do sleep 0.05; done`;
  project.write({ "ashlar.build.ts": `${slow(body)}${more}` });
  return { project, go: `file:${go}` };
}

/** A number of seconds that nobody else on this machine sleeps: about ten minutes. */
const longTime = (at: number): string => `${600 + at}.${process.pid}`;

describe.skipIf(whyNoTerminal !== undefined)("in a terminal", () => {
  test("what runs is drawn, and gone in the end", async () => {
    const { project, go } = held();
    using _ = project;
    const { raw, lines, code } = await runInTerminal(project, "build good --sandbox none", {
      keys: [["slow", go]],
    });
    expect(code).toBe(0);
    expect(raw).toMatch(/\[1\/2\].* 1 running/);
    expect(raw).toMatch(/\n {2}slow {2}[\d.]+ m?s/);
    expect(lines).toEqual([expect.stringMatching(/^succeeded in .*: 2 ran$/)]);
  });

  test("of what runs elsewhere is drawn how far it is", async () => {
    // A runner that says so, and is one of this machine all the same.
    const { project, go } = held(`
import { localRunner } from "@ashlar/runner-local";
export const settings = {
  runner: () => {
    const here = localRunner({ sandbox: "none" });
    const { name, platform, hermeticity } = here;
    const run = async (action: never, context: never) => {
      const { onPhase } = context as { onPhase?: (phase: string) => void };
      onPhase?.((action as { name: string }).name === "slow" ? "queued" : "executing");
      return await here.run(action, context);
    };
    return { name, platform, hermeticity, run, [Symbol.asyncDispose]: async () => await here[Symbol.asyncDispose]() };
  },
};`);
    using _ = project;
    project.install("runner-local", "runners/local");
    const { raw, lines } = await runInTerminal(project, "build good", { keys: [["slow", go]] });
    expect(raw).toMatch(/0 running.* · .*1 queued/);
    expect(raw).toMatch(/\n {2}slow {2}[\d.]+ m?s.*queued/);
    expect(lines).toEqual([expect.stringMatching(/^succeeded in .*: 2 ran$/)]);
  });

  test("failures stay above the drawing", async () => {
    using project = new Project({ "ashlar.build.ts": slow("true") });
    const { raw, lines, code } = await runInTerminal(project, "build bad -k");
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^failed broken after [\d.]+ m?s$/);
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
    const { project, go } = held();
    using _ = project;
    const name = "slow-of-a-long-name";
    const text = readFileSync(project.path("ashlar.build.ts"), "utf8");
    project.write({ "ashlar.build.ts": text.replace(`"slow"`, `"${name}"`) });
    const { raw, lines } = await runInTerminal(project, "build good --sandbox none", {
      ...{ columns: 60, rows: 10 },
      keys: [
        [name, "size:18x4"],
        ["…", go],
      ],
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
      "ashlar.build.ts": slow(`echo $$ > /dev/null; exec sleep ${longTime(1)}`),
    });
    const { lines, code } = await runInTerminal(project, "build good", {
      keys: [["slow", "^C"]],
    });
    expect(code).toBe(130);
    expect(lines.join("\n")).toMatch(/cancelled in .*: 1 cancelled, 1 ran/);
    await expect.poll(() => processesWith(`sleep\u0000${longTime(1)}`)).toEqual([]);
  });

  test("a second Ctrl-C does not wait", async () => {
    // Neither SIGTERM nor SIGINT ends it, so the first Ctrl-C would have to wait until it is killed.
    const time = longTime(2);
    using project = new Project({});
    const deaf = project.path("deaf");
    project.write({
      "ashlar.build.ts": `${slow(`trap "" TERM INT; touch '${deaf}'; while true; do sleep ${time}; done`)}
import { localRunner } from "@ashlar/runner-local";
export const settings = { runner: localRunner({ sandbox: "none", graceMs: 600_000 }) };`,
    });
    project.install("runner-local", "runners/local");
    const { code, raw } = await runInTerminal(project, "build good", {
      env: { NO_COLOR: "1" },
      keys: [
        [`file:${deaf}`, "^C"],
        ["stopping", "^C"],
      ],
    });
    expect(code).toBe(130);
    expect(raw).not.toContain("cancelled in");
    expect(raw).toMatch(/ended at once; what was finished before is in the store\s*$/);
    await expect.poll(() => processesWith(`sleep\u0000${time}`)).toEqual([]);
  });

  test("a build file that never ends can be ended", async () => {
    using project = new Project({
      "ashlar.build.ts": `process.stderr.write("loading"); for (;;);`,
    });
    const { code } = await runInTerminal(project, "build", { keys: [["loading", "^C"]] });
    expect(code).toBe(-2);
  });

  test("of a build in which nothing has to run, nothing stays but the summary", async () => {
    using project = new Project({ "ashlar.build.ts": slow("true") });
    await project.run("build good");
    const { lines } = await runInTerminal(project, "build good");
    expect(lines).toEqual([expect.stringMatching(/^succeeded in .*: 2 reused$/)]);
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
