/**
 * Scopes: what a selection of packages is built from.
 *
 *     src ──(names, manifests)──▶ subset ──▶ what they need of src ──▶ vendor, dummy-source ──▶ a workspace without code
 *
 * Stages that look at manifests are given sources whose code is blank: so an edit of code does not run them
 * again, and costs no more than telling that their results are as before.
 *
 * @module
 */
import { dynamic, merge, type Tree } from "@ashlar/core";

import * as stages from "./stages.ts";

/** What commands on a selection of packages have in common. */
export interface Scope {
  /** The sources of the packages, and of all local ones that they need. */
  readonly src: Tree;
  /** The external crates of their lock file. */
  readonly vendor: Tree;
  /** The same workspace without code. */
  readonly dummy: Tree;
}

/** Code, which no manifest depends on. */
const CODE = "**/*.rs";

/** Sources without code, unless an external crate stands on some of it. */
export function dummyOf(src: Tree, base: stages.Base): Tree {
  const { dummy, layout } = stages.dummySource(src.blank(CODE), base);
  return dynamic
    .tree("dummy", { layout }, async (inputs) => {
      const hasCode = parse(await inputs.layout.text())["hasCode"] === true;
      return hasCode ? stages.dummySource(src, base).dummy : dummy;
    })
    .as("dummy");
}

/**
 * What of the sources some packages need, with a root manifest and a lock file for them.
 *
 * @param packages - As cargo's `--package` has them.
 */
export function subsetOf(
  { ws, vendor }: stages.Sources,
  packages: readonly string[],
  base: stages.Base,
): Tree {
  const { head, closure } = stages.subset({ ws: ws.blank(CODE), vendor }, packages, base);
  return dynamic
    .tree("workspace", { closure }, async (inputs) => {
      const { dropped } = parse(await inputs.closure.text());
      const paths = Array.isArray(dropped) ? dropped.map(String) : [];
      return merge([ws.without(...paths.map(literally)), head], { onConflict: "last" });
    })
    .as("ws");
}

/** What a program has written. A runner that only pretends to run commands leaves nothing to read. */
function parse(text: string): Readonly<Record<string, unknown>> {
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

/** A path as a glob that matches nothing else. */
function literally(path: string): string {
  return path.replaceAll(/[*?[\](){}!+@|\\]/g, String.raw`\$&`);
}
