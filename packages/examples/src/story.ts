/**
 * The stories that the tour can tell, and which of them this machine has the tools for.
 *
 * @module
 */
import { coverageTools, rustTools } from "@ashlar/cargo";
import { missingTools, type Runner } from "@ashlar/core";

import { nodePipeline } from "./node-pipeline.ts";
import type { Pipeline } from "./pipeline.ts";
import { failingClippy, rustPipeline, strictClippy } from "./rust-pipeline.ts";

/** How sources are linted. */
export type Lint = "lenient" | "strict" | "failing";

/** A project with a pipeline. */
export interface Story {
  readonly name: string;
  /** Why it is this one, or what it leaves out. */
  readonly note: string | undefined;
  readonly project: URL;
  /** A source file in the project. */
  readonly sourceFile: string;
  readonly lintStage: string;
  /** The program in the installed folder. */
  readonly program: string;
  /** A command line that uses the program. */
  trial(program: string): string;
  describe(root: string, order: "parallel" | "sequential", lint: Lint): Pipeline;
}

/** The Rust story where there is cargo, else the Node story. */
export async function chooseStory(runner: Runner): Promise<Story> {
  const missing = await missingTools(runner, rustTools());
  if (missing.length > 0)
    return nodeStory(
      `There is no ${missing.join(", no ")} here, so it is not on a Rust workspace.`,
    );
  return rustStory((await missingTools(runner, coverageTools())).length === 0);
}

function rustStory(withCoverage: boolean): Story {
  const clippyArgs = { lenient: ["--all-targets"], strict: strictClippy, failing: failingClippy };
  return {
    name: "a Rust workspace with two members and two external crates",
    note: withCoverage
      ? undefined
      : "The tools of rustc's LLVM version are not here, so its tests run without measuring coverage.",
    project: new URL("../rust/", import.meta.url),
    sourceFile: "workspace/crates/tally/src/lib.rs",
    lintStage: "clippy",
    program: "bin/tally",
    trial: (program) => `echo 'lime, sand, lime' | ${program}`,
    describe: (root, order, lint) =>
      rustPipeline({ root, order, clippyArgs: clippyArgs[lint], withCoverage }),
  };
}

function nodeStory(note: string): Story {
  const lintFlags = { lenient: [], strict: ["--max-line=100"], failing: ["--max-line=20"] };
  return {
    name: "a small Node project",
    note,
    project: new URL("../node/", import.meta.url),
    sourceFile: "src/tally.js",
    lintStage: "lint",
    program: "src/main.js",
    trial: (program) => `echo 'lime, sand, lime' | node ${program}`,
    describe: (root, order, lint) => nodePipeline({ root, order, lintFlags: lintFlags[lint] }),
  };
}
