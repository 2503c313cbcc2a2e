/**
 * The Node pipeline of the examples: the story of the Rust one for machines without cargo.
 *
 * @module
 */
import { all, out, seq, sh, source, stage, tool, type Tree } from "@ashlar/core";

import type { Pipeline } from "./pipeline.ts";

/** What the examples vary. */
export interface NodePipelineOptions {
  /** Where the project lies. */
  readonly root: string;
  readonly order: "parallel" | "sequential";
  readonly lintFlags: readonly string[];
}

const node = [tool.host("node", { version: ["--version"] })];

const generate = stage(
  "deps",
  ({ src }: { src: Tree }) =>
    sh({ tools: node })`node ${src}/tools/generate.mjs ${src}/words.txt ${out.tree("generated")}`,
);
const lint = stage(
  "lint",
  (src: Tree, generated: Tree, flags: readonly string[]) =>
    sh({ tools: node })`node ${src}/tools/lint.mjs ${src}/src ${generated} ${flags}`,
);
const test = stage(
  "tests",
  (src: Tree, generated: Tree) =>
    sh({ tools: node, root: { ".": src, generated } })`node --test test/`,
);
const bundle = stage(
  "package",
  (src: Tree, generated: Tree) =>
    sh.bash({
      tools: [tool.host("cp"), tool.host("mkdir")],
      root: { ".": src, generated },
    })`mkdir -p ${out.tree("installed")} && cp -r src generated package.json ${out.tree("installed")}`,
);

/** Describes the pipeline. Nothing runs. */
export function nodePipeline({ root, order, lintFlags }: NodePipelineOptions): Pipeline {
  const src = source(root);
  const generated = generate({ src: src.pick("tools", "words.txt") });
  const checked = lint(src.pick("src", "tools"), generated, lintFlags);
  const tests = test(src, generated);
  const app = bundle(src.pick("src", "package.json"), generated);

  const compose = order === "parallel" ? all : seq;
  const checks = compose({ lint: checked, tests, app });
  return { checks, installed: checks.app };
}
