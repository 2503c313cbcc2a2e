/**
 * The two pipelines that this project was asked for, and all other commands: which crates cargo compiled in
 * each step, by its own messages.
 *
 *     Example One   deps ──▶ clippy, coverage, package      side by side
 *     Example Two   deps ──▶ clippy ──▶ coverage ──▶ package    by gates, and by what each leaves
 */
import { appendFileSync, cpSync } from "node:fs";
import { join } from "node:path";

import { cargo, coverageTools, type CargoWorkspace } from "@ashlar/cargo";
import {
  all,
  build,
  missingTools,
  seq,
  source,
  tryBuild,
  type Handle,
  type Report,
} from "@ashlar/core";
import { beforeAll, describe, expect, test } from "vitest";

import { rustTests } from "./rig/rust-tests.ts";

const example = new URL("../packages/examples/rust/", import.meta.url);
const { runner, folder, missing, title } = await rustTests("pipelines");
const canMeasure = (await missingTools(runner, coverageTools())).length === 0;

const both = ["tally 0.1.0", "tally-cli 0.1.0"];
const strict = { clippyArgs: ["--all-targets", "--", "--deny", "warnings"] };

describe.skipIf(missing.length > 0)(title, () => {
  const root = join(folder, "project");
  let rust: CargoWorkspace;
  beforeAll(() => {
    cpSync(example, root, { recursive: true });
    rust = cargo({
      src: source(join(root, "workspace")),
      registry: source(join(root, "registry")),
    });
  });

  test("Example One: each compiles the workspace, and no external crate", async () => {
    const deps = rust.buildDepsOnly();
    const clippy = rust.clippy({ cargoArtifacts: deps, ...strict });
    const coverage = measured({ cargoArtifacts: deps });
    const crate = rust.buildPackage({ cargoArtifacts: deps });
    const report = await run(all({ clippy, coverage, crate }));
    expect(await compiled(report)).toEqual({
      clippy: { local: both, external: [] },
      [measuredName]: { local: both, external: [] },
      package: { local: both, external: [] },
    });
  });

  test("Example Two by gates: nothing runs again, for order is in no key", async () => {
    const deps = rust.buildDepsOnly();
    const clippy = rust.clippy({ cargoArtifacts: deps, ...strict });
    const coverage = measured({ cargoArtifacts: deps });
    const crate = rust.buildPackage({ cargoArtifacts: deps });
    const report = await run(seq({ clippy, coverage, crate }));
    expect(report.ran).toEqual([]);
  });

  test("Example Two by data: each goes on in what the one before has left", async () => {
    const clippy = rust.clippy(strict);
    const tests = rust.cargoTest({ cargoArtifacts: clippy });
    const crate = rust.buildPackage({ cargoArtifacts: tests });
    const report = await run(crate);
    expect(await compiled(report)).toMatchObject({
      test: { local: both, external: [] },
      // The tests have compiled all that the programs are made of.
      package: { local: [], external: [] },
    });
  });

  test("what a sequence has made is gone on in, as what its members have made", async () => {
    const clippy = rust.clippy(strict);
    const tests = rust.cargoTest({ cargoArtifacts: clippy });
    const ordered = seq({ fmt: rust.cargoFmt(), clippy, tests });
    const crate = rust.buildPackage({ cargoArtifacts: ordered.tests });
    // The package is that of the test before: copied as a whole, the target directory would be another input.
    expect((await run(crate)).ran).toEqual(["fmt"]);
    const gated = { target: tests.target.after(rust.cargoDocTest()) };
    const late = await run(rust.buildPackage({ cargoArtifacts: gated }));
    expect(late.ran).toEqual(["doctest"]);
    const docs = rust.cargoDoc({ cargoArtifacts: tests });
    const otherSide = rust.cargoDoc({ cargoArtifacts: ordered.tests });
    expect((await run(docs)).ran).toEqual(["doc"]);
    expect((await run(otherSide)).ran).toEqual([]);
  });

  test("and who goes on in it keeps its order", async () => {
    const order = seq({
      wrong: rust.cargoFmt({ args: ["--no-such-option"] }),
      build: rust.cargoBuild(),
    });
    const crate = rust.buildPackage({ cargoArtifacts: order.build });
    const report = await tryBuild(crate, { runner, store: join(folder, "store") });
    expect(report.failed).toEqual(["fmt"]);
    expect(report.skipped).toContain("package");
  });

  test("all other commands start from the same dependencies", async () => {
    const docs = rust.cargoDoc();
    const report = await run(
      all({
        docs,
        check: rust.cargoCheck(),
        build: rust.cargoBuild(),
        doctest: rust.cargoDocTest(),
        fmt: rust.cargoFmt(),
      }),
    );
    expect(await compiled(report)).toMatchObject({
      check: { local: both, external: [] },
      doc: { external: [] },
      build: { local: both, external: [] },
      doctest: { external: [] },
    });
    expect(await report.text(docs.docs.file("tally/index.html"))).toContain("<!DOCTYPE html>");
  });

  test("an edit compiles what it touches, in each step, and nothing else", async () => {
    appendFileSync(join(root, "workspace/crates/tally-cli/src/main.rs"), "\n// A comment.\n");
    const report = await run(all({ check: rust.cargoCheck(), crate: rust.buildPackage() }));
    expect(report.ran.toSorted()).toEqual(["check", "package"]);
    const units = await compiled(report);
    expect(units["package"]?.external).toEqual([]);
    expect(units["check"]?.external).toEqual([]);
  });

  test("a package alone is built with dependencies for it alone", async () => {
    const report = await run(rust.buildPackage({ packages: ["tally"] }));
    expect(await compiled(report)).toMatchObject({
      package: { local: ["tally 0.1.0"], external: [] },
    });
  });

  test("flags and a target of one's own are those of the dependencies", async () => {
    const host = rustc();
    const crate = rust.buildPackage({ target: host, rustflags: ["-Cdebuginfo=0"], profile: "dev" });
    const report = await run(crate);
    expect(report.ran.toSorted()).toEqual(["deps", "package"]);
    expect(await compiled(report)).toMatchObject({ package: { local: both, external: [] } });
  });

  const measuredName = canMeasure ? "coverage" : "test";
  function measured(options: {
    cargoArtifacts: ReturnType<CargoWorkspace["buildDepsOnly"]>;
  }): Handle {
    return canMeasure ? rust.coverage(options) : rust.test(options);
  }

  async function run(target: Handle): Promise<Report> {
    return await build(target, { runner, store: join(folder, "store") });
  }
});

/** The host's triple. */
function rustc(): string {
  const triples: Partial<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };
  const arch = triples[process.arch] ?? process.arch;
  return process.platform === "darwin" ? `${arch}-apple-darwin` : `${arch}-unknown-linux-gnu`;
}

/** By the names of the stages that ran: what cargo compiled in its first run there. */
async function compiled(
  report: Report,
): Promise<Record<string, { local: readonly string[]; external: readonly string[] }>> {
  const units: Record<string, { local: readonly string[]; external: readonly string[] }> = {};
  for (const stage of report.stages) {
    const line = /^compiled local: (.*); external: (.*); fresh units: \d+$/m;
    const [, local, external] = line.exec(await report.log(stage)) ?? [];
    if (local === undefined || external === undefined) continue;
    units[stage.name] = { local: names(local), external: names(external) };
  }
  return units;
}

function names(list: string): readonly string[] {
  return list === "none" ? [] : list.split(", ");
}
