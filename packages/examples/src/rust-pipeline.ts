/**
 * The Rust pipeline of the examples: dependencies built once, then lint, tests and package.
 *
 * @module
 */
import { cargo } from "@ashlar/cargo";
import { all, seq, source } from "@ashlar/core";

import type { Pipeline } from "./pipeline.ts";

/** What the examples vary. */
export interface RustPipelineOptions {
  /** Where `workspace` and `registry` lie. */
  readonly root: string;
  /** Side by side, or one after another. */
  readonly order: "parallel" | "sequential";
  readonly clippyArgs: readonly string[];
  /** Whether tests are measured. Needs the tools of rustc's LLVM version. */
  readonly withCoverage: boolean;
}

/** Arguments that make clippy strict. */
export const strictClippy: readonly string[] = ["--all-targets", "--", "--deny", "warnings"];

/** The same with the part of the example in which clippy finds something. */
export const failingClippy: readonly string[] = ["--features", "tally/sloppy", ...strictClippy];

/** Describes the pipeline. Nothing runs. */
export function rustPipeline(options: RustPipelineOptions): Pipeline {
  const { root, clippyArgs, withCoverage, order } = options;
  const rust = cargo({ src: source(`${root}/workspace`), registry: source(`${root}/registry`) });
  const cargoArtifacts = rust.buildDepsOnly();
  const clippy = rust.clippy({ cargoArtifacts, clippyArgs });
  const tests = withCoverage
    ? rust.coverage({ cargoArtifacts }).report
    : rust.test({ cargoArtifacts });
  const crate = rust.buildPackage({ cargoArtifacts }).installed;

  const compose = order === "parallel" ? all : seq;
  const checks = compose({ clippy, tests, crate });
  return { checks, installed: checks.crate };
}
