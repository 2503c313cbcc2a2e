/**
 * `ashlar graph --html`, as it is typed.
 */
import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import type { PageData } from "../../src/page/page-data.ts";
import { Project, small, whyNot } from "../rig.ts";

/** What a page holds. */
function dataIn(project: Project, path: string): PageData {
  const html = readFileSync(project.path(path), "utf8");
  const [, json = ""] =
    /<script type="application\/json" id="data">(.*)<\/script>/.exec(html) ?? [];
  return JSON.parse(json) as PageData;
}

function statesIn({ nodes }: PageData): readonly string[] {
  return nodes.flatMap(({ label, stage }) =>
    stage === undefined ? [] : `${label} ${stage.state}`,
  );
}

describe.skipIf(whyNot !== undefined)("ashlar graph --html", () => {
  test("shows the plan before there was a build, and then the build; of some targets only what they stand on", async () => {
    using project = new Project({ "ashlar.build.ts": small, "src/a.txt": "hello, bad\n" });
    const first = await project.run("graph --html g.html");
    expect(first.stdout).toMatch(
      /^g.html: 3 stages, .* KiB; nothing was built yet, so it shows the plan\n$/,
    );
    expect(statesIn(dataIn(project, "g.html"))).toEqual([
      "copy run",
      "test unknown",
      "lint unknown",
    ]);
    // What was recorded of a build can be shown later, and elsewhere.
    await project.run("build -k --events build.jsonl");
    await project.run("graph --html g.html");
    expect(dataIn(project, "g.html")).toMatchObject({ build: { outcome: "failed" } });
    expect(statesIn(dataIn(project, "g.html"))).toEqual(["copy ran", "test ran", "lint failed"]);
    await project.run("graph checks.unit --html part.html");
    const part = dataIn(project, "part.html");
    expect(statesIn(part)).toEqual(["copy ran", "test ran"]);
    expect(part.build).toMatchObject({ isPart: true });
    await project.run("graph --html other.html --from build.jsonl --store elsewhere");
    expect(statesIn(dataIn(project, "other.html"))).toEqual([
      "copy ran",
      "test ran",
      "lint failed",
    ]);
  });

  test.each([
    ["graph --html g.html --format dot", "`--html` is a format by itself"],
    ["graph --html g.html --json", "`--html` is a format by itself"],
    ["graph --from build.jsonl", "`--from` is of use to `--html` only"],
  ])("%s is refused", async (words, message) => {
    using project = new Project({ "ashlar.build.ts": small, "src/a.txt": "" });
    const { stderr, code } = await project.run(words);
    expect(code).toBe(2);
    expect(stderr).toContain(`error[COMMAND_LINE]: ${message}`);
    expect(existsSync(project.path("g.html"))).toBe(false);
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk is an error with a name", async () => {
    using project = new Project({ "ashlar.build.ts": small, "src/a.txt": "" });
    const { stderr, code } = await project.run("graph --html /dev/full");
    expect(code).toBe(3);
    expect(stderr).toContain("error[REPORT_UNWRITABLE]: `/dev/full` cannot be written");
  });
});
