/**
 * Program: runs the tests of a workspace and measures which of its code they run.
 *
 * Only members are instrumented, by a wrapper around the compiler that cargo uses for them
 * alone. Flags for all crates would compile the external ones again, to count code that
 * nobody here can test.
 *
 * Parameters: `args` for cargo, a `test`; `out`, the folder for `coverage.lcov`,
 * `coverage.json`, `summary.json` and `html`; `home`, a folder whose path is the same in every run, for the wrapper
 * (default `../home`); `llvmCov`, `llvmProfdata`, the tools (default `llvm-cov` and
 * `llvm-profdata`); `ignore`, patterns of relative paths that do not count (default: tests,
 * benchmarks, examples); `target` (default `../target`); `workspace` (default `.`).
 *
 * @module
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { withOptions } from "./cargo-arguments.ts";
import type { Artifact } from "./cargo-messages.ts";
import { runCargo, takeOver } from "./consumer.ts";
import { Failure } from "./failure.ts";
import { compileWrapper } from "./instrumenting-wrapper.ts";
import { relativePaths, renderSummary, scopeLcov, summarize } from "./lcov.ts";
import { checkLlvmTools, type LlvmTools } from "./llvm.ts";
import { nestedCargo } from "./nested-cargo.ts";
import type { Parameters } from "./parameters.ts";
import { outputOf } from "./process.ts";
import { runProgram, say } from "./program.ts";
import { rustcVersion } from "./rustc-version.ts";

const NOT_COUNTED = ["(^|/)(tests|benches|examples)/", "(^|/)build\\.rs$"];

runProgram(coverage);

async function coverage(parameters: Parameters): Promise<void> {
  const args = parameters.strings("args");
  const out = parameters.string("out");
  const tools: LlvmTools = {
    cov: parameters.string("llvmCov", "llvm-cov"),
    profdata: parameters.string("llvmProfdata", "llvm-profdata"),
  };
  checkLlvmTools(tools, (await rustcVersion()).llvmMajor);
  const consumer = await takeOver(
    parameters.string("target", "../target"),
    parameters.string("workspace", "."),
  );
  const scope = {
    tree: consumer.locals.tree,
    ignore: parameters.strings("ignore", NOT_COUNTED).map((pattern) => new RegExp(pattern)),
  };

  const scratch = resolve(parameters.string("home", "../home"), "coverage");
  const wrapper = compileWrapper(scratch);
  // Build scripts are instrumented too, and what they count is not wanted.
  const wrapped = [`build.rustc-workspace-wrapper=${JSON.stringify(wrapper)}`];
  const built = await runCargo(consumer, withOptions(args, "--no-run"), {
    settings: wrapped,
    env: { LLVM_PROFILE_FILE: join(scratch, "build", "%m-%p.profraw") },
  });
  const profiles = join(scratch, "profiles");
  const nested = nestedCargo();
  await runCargo({ ...consumer, inherited: consumer.marker }, args, {
    settings: [...wrapped, ...nested.settings],
    env: { ...nested.env, LLVM_PROFILE_FILE: join(profiles, "%m-%p.profraw") },
  });

  const merged = mergeProfiles(profiles, scratch, tools);
  const sources = [`-instr-profile=${merged}`, ...objectsOf(built)];
  const lcov = outputOf(tools.cov, ["export", "-format=lcov", ...sources]);
  const json = outputOf(tools.cov, ["export", "-format=text", "-summary-only", ...sources]);
  const summary = summarize(json, scope);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "coverage.lcov"), scopeLcov(lcov, scope));
  writeDetails(tools, sources, { out, tree: scope.tree, files: Object.keys(summary.files) });
  writeFileSync(join(out, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
  rmSync(scratch, { recursive: true });
  say(renderSummary(summary));
}

/** Writes what has every line: for programs, and for people. */
function writeDetails(
  { cov }: LlvmTools,
  sources: readonly string[],
  { out, tree, files }: { out: string; tree: string; files: readonly string[] },
): void {
  const inScope = files.map((file) => join(tree, file));
  // Without any file, the tools would show all there are.
  if (inScope.length === 0) return;
  const json = outputOf(cov, ["export", "-format=text", ...sources, "-sources", ...inScope]);
  writeFileSync(join(out, "coverage.json"), relativePaths(json, tree));
  const pages = ["-format=html", "-show-created-time=false", `-output-dir=${join(out, "html")}`];
  outputOf(cov, ["show", ...pages, ...sources, "-sources", ...inScope]);
}

function mergeProfiles(folder: string, scratch: string, { profdata }: LlvmTools): string {
  mkdirSync(folder, { recursive: true });
  const profiles = readdirSync(folder).map((name) => join(folder, name));
  if (profiles.length === 0) {
    throw new Failure("the tests left no profile: nothing was measured", {
      hint: "the arguments for cargo must run at least one test of a workspace member",
    });
  }
  const list = join(scratch, "profiles.txt");
  const merged = join(scratch, "merged.profdata");
  writeFileSync(list, profiles.join("\n"));
  outputOf(profdata, ["merge", "-sparse", `-input-files=${list}`, "-o", merged]);
  return merged;
}

/** Programs whose counters are read: the tests, and the binaries that tests start. */
function objectsOf(artifacts: readonly Artifact[]): readonly string[] {
  const executables = artifacts
    .filter(({ kind }) => !kind.includes("custom-build"))
    .map(({ executable }) => executable)
    .filter((executable) => executable !== undefined);
  const [first, ...others] = [...new Set(executables)];
  if (first === undefined) throw new Failure("cargo built no test, so there is nothing to measure");
  return [first, ...others.flatMap((object) => ["-object", object])];
}
