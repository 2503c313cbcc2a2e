/**
 * Example One: lint, coverage and package side by side, each from the same built dependencies.
 *
 * @module
 */
import { cargo, coverageTools } from "@ashlar/cargo";
import { all, build, missingTools, source } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

import { formatReport } from "./format-report.ts";

await using runner = localRunner();
const canMeasure = (await missingTools(runner, coverageTools())).length === 0;

const rust = cargo({
  src: source(new URL("../rust/workspace", import.meta.url)),
  registry: source(new URL("../rust/registry", import.meta.url)),
});
const deps = rust.buildDepsOnly();
const clippy = rust.clippy({
  cargoArtifacts: deps,
  clippyArgs: ["--all-targets", "--", "--deny", "warnings"],
});
const coverage = canMeasure
  ? rust.coverage({ cargoArtifacts: deps })
  : rust.test({ cargoArtifacts: deps });
const crate = rust.buildPackage({ cargoArtifacts: deps });

const report = await build(all({ clippy, coverage, crate }), { runner });
console.log(formatReport(report));
if (!canMeasure) console.log("coverage needs LLVM's tools, so the tests ran without it");
