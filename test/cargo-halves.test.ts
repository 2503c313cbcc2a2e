/**
 * The two halves of dependencies: one behind the other, or each for itself, they have the same bytes.
 *
 *     chained   deps ──▶ deps-check        apart   deps   deps-check
 */
import { join } from "node:path";

import type { CargoOptions } from "@ashlar/cargo";
import { build, type Digest, type Handle, type Report } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { beforeAll, describe, expect, test } from "vitest";

import { rustTests } from "./rig/rust-tests.ts";
import { RustWorkspace } from "./rig/rust-workspace.ts";

const { runner, folder, missing, title } = await rustTests("halves");

describe.skipIf(missing.length > 0)(title, () => {
  let project: RustWorkspace;
  beforeAll(() => {
    project = new RustWorkspace(join(folder, "project"));
  });

  async function run(target: Handle, store: string, where = runner): Promise<Report> {
    return await build(target, { runner: where, store: join(folder, store) });
  }

  async function digestsOf(options: Partial<CargoOptions>, where = runner): Promise<Digest[]> {
    const deps = project.describe(options).buildDepsOnly();
    const report = await run(deps, `${options.halves ?? "chained"}-${where.hermeticity}`, where);
    return [await report.digest(deps.linked), await report.digest(deps.checked)];
  }

  test("side by side or one behind the other, in a sandbox or without, the bytes are the same", async () => {
    await using bare = localRunner({ sandbox: "none" });
    const apart = await digestsOf({ halves: "apart" });
    expect(await digestsOf({})).toEqual(apart);
    expect(await digestsOf({}, bare)).toEqual(apart);
    expect(await digestsOf({ halves: "apart" }, bare)).toEqual(apart);
  });

  test("one behind the other, macros are compiled once", async () => {
    const compiled = async (halves: "apart" | "chained"): Promise<readonly string[]> => {
      const report = await run(project.describe({ halves }).cargoCheck(), `macros-${halves}`);
      const half = report.stages.find(({ name }) => name === "deps-check");
      const log = half === undefined ? "" : await report.log(half);
      return [...log.matchAll(/^compiled dependencies: ([^;]*);/gm)].map(([, list = ""]) => list);
    };
    const others = "leaf 1.0.0, middle 1.0.0";
    expect(await compiled("apart")).toEqual([`${others}, shape 1.0.0, side 1.0.0`, "none"]);
    expect(await compiled("chained")).toEqual([`${others}, side 1.0.0`, "none"]);
  });

  test("from one to the other, nothing runs again behind them", async () => {
    await run(project.describe({ halves: "apart" }).cargoCheck(), "switch");
    const report = await run(project.describe().cargoCheck(), "switch");
    expect(report.ran).toEqual(["deps", "deps-check"]);
  });
});
