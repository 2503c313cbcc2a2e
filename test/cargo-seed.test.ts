/**
 * Dependencies that start from those of the last time: fewer crates are compiled, and the bytes are the same.
 */
import { join } from "node:path";

import type { CargoOptions } from "@ashlar/cargo";
import { build, type Digest, type Report } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { beforeAll, describe, expect, test } from "vitest";

import { rustTests } from "./rig/rust-tests.ts";
import { RustWorkspace } from "./rig/rust-workspace.ts";

const { runner, folder, missing, title } = await rustTests("seed");

describe.skipIf(missing.length > 0)(title, () => {
  let project: RustWorkspace;
  let clean = 0;
  beforeAll(() => {
    project = new RustWorkspace(join(folder, "project"));
  });

  /** Builds both halves, in one store with a seed. */
  async function seeded(options: Partial<CargoOptions> = {}): Promise<Built> {
    return await halves(join(folder, "seeded"), { seed: "test", ...options });
  }

  /** Builds both halves from nothing. */
  async function fromNothing(): Promise<Built> {
    return await halves(join(folder, `clean-${clean++}`), {});
  }

  async function halves(store: string, options: Partial<CargoOptions>): Promise<Built> {
    const deps = project.describe(options).buildDepsOnly();
    const report = await build(deps, { runner, store });
    return {
      report,
      compiled: await compiledDependencies(report),
      digests: [await report.digest(deps.checked), await report.digest(deps.linked)],
    };
  }

  const all = ["leaf 1.0.0", "middle 1.0.0", "shape 1.0.0", "side 1.0.0"];

  test("the first time, everything is compiled, and comes out as it does without", async () => {
    const { report, compiled, digests } = await seeded();
    const unlinked = all.filter((crate) => !crate.startsWith("shape"));
    expect(compiled).toEqual({ deps: all, "deps-check": unlinked });
    expect(digests).toEqual((await fromNothing()).digests);
    const made = report.stages.filter(({ name }) => name.startsWith("deps"));
    expect(made.map(({ ranBy }) => ranBy?.endsWith("+cache"))).toEqual([true, true]);
  });

  test("another checkout, store and runner, at another time, give the same bytes", async () => {
    const elsewhere = new RustWorkspace(join(folder, "another/checkout"));
    await using bare = localRunner({ sandbox: "none" });
    const deps = elsewhere.describe().buildDepsOnly();
    const report = await build(deps, { runner: bare, store: join(folder, "elsewhere") });
    const here = await seeded();
    expect(await report.digest(deps.checked)).toBe(here.digests[0]);
    expect(await report.digest(deps.linked)).toBe(here.digests[1]);
  });

  test("one new version compiles that crate and what depends on it, and gives the same bytes", async () => {
    project.bumpLeaf();
    const { compiled, digests } = await seeded();
    const changed = ["leaf 1.1.0", "middle 1.0.0"];
    expect(compiled).toEqual({ deps: changed, "deps-check": changed });
    expect(digests).toEqual((await fromNothing()).digests);
  });

  test("what is no longer needed is gone", async () => {
    project.write({
      "tool/Cargo.toml": '[package]\nname = "tool"\nversion = "0.1.0"\nedition = "2021"',
    });
    project.cargo("update", "--workspace");
    const { compiled, digests } = await seeded();
    expect(compiled).toEqual({ deps: [], "deps-check": [] });
    expect(digests).toEqual((await fromNothing()).digests);
  });

  test("what cargo does not see makes a seed be none: a variable that no script has named", async () => {
    const { compiled } = await seeded({ env: { UNNAMED: "1" } });
    expect(compiled["deps"]).toEqual(["leaf 1.1.0", "middle 1.0.0", "side 1.0.0"]);
  });
});

interface Built {
  readonly report: Report;
  readonly compiled: Readonly<Record<string, readonly string[]>>;
  readonly digests: readonly Digest[];
}

/** By the names of the stages: the external crates that cargo compiled there, in all its passes. */
async function compiledDependencies(report: Report): Promise<Record<string, readonly string[]>> {
  const byStage: Record<string, readonly string[]> = {};
  for (const stage of report.stages.filter(({ name }) => name.startsWith("deps"))) {
    const lines = (await report.log(stage)).matchAll(/^compiled dependencies: (.*); fresh/gm);
    const lists = [...lines].map(([, list = "none"]) => (list === "none" ? [] : list.split(", ")));
    byStage[stage.name] = [...new Set(lists.flat())].toSorted();
  }
  return byStage;
}
