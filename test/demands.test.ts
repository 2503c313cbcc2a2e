/** Results that are not trusted enough: who wants a sandbox is given nothing that was made without one. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  DiskStore,
  out,
  plan,
  runners,
  sh,
  stage,
  text,
  tryBuild,
  why,
  type File,
  type Hermeticity,
  type Report,
  type Runner,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { expect, onTestFinished, test } from "vitest";

/** The local runner, which says of itself what a test wants it to say. */
function claiming(hermeticity: Hermeticity, demands?: Hermeticity): Runner {
  const runner = localRunner({ sandbox: "none" });
  const { name, platform, abilities } = runner;
  onTestFinished(async () => await runner[Symbol.asyncDispose]());
  return {
    ...{ name, platform, abilities: abilities ?? [], hermeticity, demands },
    identify: runner.identify!.bind(runner),
    run: async (action, context) => await runner.run(action, context),
    [Symbol.asyncDispose]: async () => {},
  };
}

const copy = stage("copy", (from: File) => sh`cp ${from} ${out.file("copied")}`);
const upper = stage("upper", (from: File) => sh`cp ${from} ${out.file("uppered")}`);
const target = upper(copy(text("content")));

function options(): { readonly store: DiskStore; readonly cwd: string } {
  const cwd = mkdtempSync(join(tmpdir(), "ashlar-demands-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  return { store: new DiskStore(join(cwd, "store")), cwd };
}

const makers = ({ stages }: Report): (string | undefined)[] => stages.map(({ ranBy }) => ranBy);
const weaker = "its result was made by `local/declared`, and no less than `sandbox` is wanted";

test("what was made without a sandbox is made again where one is demanded, and then reused", async () => {
  const given = options();
  const first = await tryBuild(target, { ...given, runner: claiming("declared") });
  expect(first.ran).toEqual(["copy", "upper"]);
  const strict = { ...given, runner: claiming("sandbox", "sandbox") };

  // Before it is done,
  const coming = await plan(target, strict);
  expect(coming.named("run")).toEqual(["copy"]);
  expect(coming.stages[0]?.reason).toBe(weaker);
  expect(String(await why(target, strict))).toContain(weaker);

  // when it is,
  const second = await tryBuild(target, strict);
  expect(second.ran).toEqual(["copy", "upper"]);
  expect(makers(second)).toEqual(["local/sandbox", "local/sandbox"]);
  expect(second.stages.map(({ key }) => key)).toEqual(first.stages.map(({ key }) => key));
  expect(String(await second.why(target))).toContain(weaker);

  // and afterwards. It has taken the place of the other, which is good enough for everybody.
  expect((await tryBuild(target, strict)).ran).toEqual([]);
  expect((await tryBuild(target, { ...given, runner: claiming("declared") })).ran).toEqual([]);
});

test("nor is it reused because the last build has noted it", async () => {
  const given = options();
  await tryBuild(target, { ...given, runner: claiming("declared") });
  // A sandbox where there is one: takes what it gets, and writes that down.
  const auto = await tryBuild(target, { ...given, runner: claiming("sandbox") });
  expect([auto.ran, makers(auto)]).toEqual([[], ["local/declared", "local/declared"]]);
  const strict = await tryBuild(target, { ...given, runner: claiming("sandbox", "sandbox") });
  expect(strict.ran).toEqual(["copy", "upper"]);
});

test.each([
  ["a worker of buildbox", "buildbox-worker"],
  ["a worker of Buildbarn", '{"host":"ci","thread":"3"}'],
  ["a worker with a path for a name", "cluster/sandbox/7"],
  ["a worker that is called as our words are", "sandbox"],
  ["words of ours in another case", "local/Sandbox"],
  ["words that are not all of it", "local/sandbox, or so"],
  ["a result that nobody ran with care", "local/none"],
  ["a mock", "mock/mock"],
])("results of foreign services say nothing of sandboxes: %s", async (_, worker) => {
  // As it comes from a cache that others write to: the result is right, but for who is said to have run it.
  const given = options();
  const runner = claiming("declared");
  const first = await tryBuild(target, { ...given, runner });
  const { actions } = given.store;
  for (const { key } of first.stages) {
    await actions.put(key!, { ...(await actions.get(key!))!, worker });
  }
  const cwd = join(given.cwd, "elsewhere");
  mkdirSync(cwd);
  const lax = await tryBuild(target, { ...given, cwd, runner });
  expect([lax.ran, makers(lax)]).toEqual([[], [worker, worker]]);
  const strict = await tryBuild(target, { ...given, runner: claiming("sandbox", "sandbox") });
  expect([strict.ran, makers(strict)]).toEqual([
    ["copy", "upper"],
    ["local/sandbox", "local/sandbox"],
  ]);
});

test("a container is as good as a sandbox", async () => {
  const given = options();
  await tryBuild(target, { ...given, runner: claiming("container") });
  const strict = await tryBuild(target, { ...given, runner: claiming("sandbox", "sandbox") });
  expect(strict.ran).toEqual([]);
});

test("of several runners, each demands what it demands", async () => {
  const given = options();
  const labelled = stage(
    "labelled",
    (from: File) => sh({ label: "strict" })`cp ${from} ${out.file("o")}`,
  );
  const both = labelled(copy(text("content")));
  const of = (strict: Runner): Runner =>
    runners({ default: claiming("declared"), byLabel: { strict } });
  await tryBuild(both, { ...given, runner: of(claiming("declared")) });
  const report = await tryBuild(both, { ...given, runner: of(claiming("sandbox", "sandbox")) });
  expect(report.ran).toEqual(["labelled"]);
});
