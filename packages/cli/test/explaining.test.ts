/**
 * `ashlar cache explain`: all that decides about results, here and against another machine.
 */
import { describe, expect, test } from "vitest";

import { compareStages } from "../src/explaining/compare-stages.ts";
import type { ExplainedStage } from "../src/explaining/explained-stage.ts";
import { Project, small, whyNot } from "./rig.ts";

const files = { "ashlar.build.ts": small, "src/a.txt": "hello\n" };

describe.skipIf(whyNot !== undefined)("cache explain", () => {
  test("says where results are, and what is not found", async () => {
    using project = new Project(files);
    const { stdout, code } = await project.run("cache explain");
    expect(code).toBe(0);
    expect(stdout).toContain(`results   ${project.path(".store")}, named by ASHLAR_STORE\n`);
    expect(stdout).toContain("3 in ashlar.build.ts: 0 found, 1 not found, 2 not known before");
    expect(stdout).toContain("  run      copy  first time\n");
    expect(stdout).toMatch(/ashlar cache explain copy\n$/);
    const other = await project.run("cache explain --store elsewhere");
    expect(other.stdout).toContain(`${project.path("elsewhere")}, named by --store`);
  });

  test("lists all that a key is made of, by stage or target", async () => {
    using project = new Project(files);
    await project.run("build --reporter none");
    const { stdout } = await project.run("cache explain copy");
    expect(stdout).toMatch(/^copy {2}hit\n {2}key +[0-9a-f]{12}\n {2}result +made .* by local\//);
    expect(stdout).toMatch(/\n {2}output +out\/copied\n/);
    expect(stdout).toMatch(/\n {2}tool +bash {2}/);
    expect(stdout).toMatch(/\n {2}input +in\/src {2}source `src`, 1 file {2}[0-9a-f]{12}\n/);
    const both = await project.run("cache explain checks.unit");
    expect(both.stdout).toMatch(/\ntest {2}hit\n[^]*`copied` of `copy`/);
    expect((await project.run("cache explain cpoy")).code).toBe(2);
  });

  test("finds what is different from another machine, down to the file", async () => {
    using here = new Project(files);
    using there = new Project({
      ...files,
      "ashlar.build.ts": small.replace("echo copying;", "echo copying it;"),
      "src/a.txt": "hello there\n",
      "src/b.txt": "",
    });
    await there.run("build --reporter none");
    here.write({ "there.json": (await there.run("cache explain --json")).stdout });
    const { stdout } = await here.run("cache explain --against there.json");
    expect(stdout).toMatch(/^copy {2}differs\n/);
    expect(stdout).toMatch(/\n {2}argument `4`: `.*copying it.*` there, `.*copying;.*` here\n/);
    expect(stdout).toContain("\n  a.txt: differs\n  b.txt: only there\n");
    expect(stdout).toMatch(/\ntest {2}same so far\n {2}its inputs were not known here\n/);

    await here.run("build --reporter none");
    const data = await here.run("cache explain lint --json --against there.json");
    expect(JSON.parse(data.stdout)).toEqual({
      stages: [
        {
          ...{ stage: "lint", verdict: "differs" },
          differences: [
            "input in/copied: `copied` of `copy` has other content: look at that stage",
          ],
        },
      ],
    });
  });

  test("says that a result is not here though the key is the same", async () => {
    using here = new Project(files);
    using there = new Project(files);
    await there.run("build --reporter none");
    here.write({ "there.json": (await there.run("cache explain copy --json")).stdout });
    expect((await here.run("cache explain --against there.json copy")).stdout).toBe(
      "copy  same key\n  the result that was found there is not in this store\n",
    );
  });

  test.each([
    ["none.json", "cannot be read"],
    ["package.json", "is something else"],
  ])("is told when %s is no explanation", async (name, said) => {
    using project = new Project(files);
    const { code, stderr } = await project.run(`cache explain --against ${name}`);
    expect(stderr).toContain(`\`--against ${name}\` ${said}`);
    expect(code).toBe(2);
  });
});

test("stages and parts that only one machine has are named", () => {
  const stage = (name: string, parts: ExplainedStage["parts"], key?: string): ExplainedStage => ({
    ...{ stage: name, status: "run", reason: "", inputs: [], files: {}, parts },
    ...(key !== undefined && { key: key as NonNullable<ExplainedStage["key"]> }),
  });
  const variable = (name: string, value: string) => ({ type: "variable", name, value }) as const;
  const here = [stage("a", [variable("CI", "1"), variable("ONLY", "x")], "1"), stage("b", [], "2")];
  const there = [stage("a", [variable("CI", ""), variable("GONE", "")], "3"), stage("c", [], "4")];
  expect(compareStages(here, there)).toEqual([
    {
      ...{ stage: "a", verdict: "differs" },
      differences: [
        "variable `CI`: `` there, `1` here",
        "variable `GONE`: only there",
        "variable `ONLY`: only here, `x`",
      ],
    },
    { stage: "b", verdict: "only here", differences: [] },
    { stage: "c", verdict: "only there", differences: [] },
  ]);
});
