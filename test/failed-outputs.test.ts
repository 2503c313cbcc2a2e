/**
 * Reports of failures: outputs that are kept although their command has failed.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { out, seq, sh, stage, tool, tryBuild, type File } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "ashlar-failed-"));
const runner = localRunner();
const options = { runner, store: join(folder, "store"), cwd: folder };
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const tools = [tool.host("sh")];
const suite = stage("suite", (exitCode: number) => {
  const script = 'echo passed > "$1"; echo bytes > "$2"; exit "$3"';
  const report = out.file("report.xml", { evenIfFailed: true });
  return sh({ tools })`sh -c ${script} suite ${report} ${out.file("app")} ${exitCode}`;
});
const use = stage(
  "use",
  ({ report }: { report: File }) => sh({ tools })`sh -c ${"true"} ${report}`,
);

test("a report of a command that failed can be read and exported, and nothing else of it", async () => {
  const made = suite(3);
  const after = use({ report: made["report.xml"] });
  const report = await tryBuild(after, options);
  expect(report.failed).toEqual(["suite"]);
  expect(report.skipped).toEqual(["use"]);
  expect(await report.text(made["report.xml"])).toBe("passed\n");
  await report.export(made["report.xml"], "report.xml");
  expect(readFileSync(join(folder, "report.xml"), "utf8")).toBe("passed\n");
  await expect(report.text(made.app)).rejects.toMatchObject({ code: "ARTIFACT_NOT_BUILT" });
});

test("by the handle that a sequence has copied, too", async () => {
  const [first, made] = [suite(0), suite(4)];
  const report = await tryBuild(seq({ first, made }), options);
  expect(report.failed).toEqual(["suite"]);
  expect(await report.text(made["report.xml"])).toBe("passed\n");
});

test("a failure is not remembered for it: the next build runs the command again", async () => {
  const made = suite(5);
  expect((await tryBuild(made.app, options)).failed).toEqual(["suite"]);
  const again = await tryBuild(made.app, options);
  expect(again.failed).toEqual(["suite"]);
  expect(again.reused).toEqual([]);
});

test("a failure before the report was written has none", async () => {
  const early = stage("early", () => {
    const report = out.file("report.xml", { evenIfFailed: true });
    return sh({ tools })`sh -c ${"exit 1"} early ${report}`;
  });
  const made = early();
  const report = await tryBuild(made, options);
  expect(report.errors[0]?.code).toBe("STAGE_FAILED");
  await expect(report.text(made)).rejects.toMatchObject({ code: "ARTIFACT_NOT_BUILT" });
});

test("it is in no key, and scripted commands have reports as well", async () => {
  const keys: unknown[] = [];
  for (const evenIfFailed of [false, true]) {
    const mock = mockRunner().on("same", { exitCode: 1, outputs: { it: "left" } });
    const made = stage("same", () => sh`run ${out.file("it", { evenIfFailed })}`)();
    const report = await tryBuild(made, { ...options, runner: mock });
    keys.push(report.stages[0]?.key);
    const text = report.text(made);
    if (evenIfFailed) expect(await text).toBe("left");
    else await expect(text).rejects.toMatchObject({ code: "ARTIFACT_NOT_BUILT" });
  }
  expect(keys[0]).toBe(keys[1]);
});
