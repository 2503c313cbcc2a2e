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

import type { Selection } from "./options.ts";
import type { Project } from "./project.ts";
import { override } from "./selection.ts";
import * as stages from "./stages.ts";
import { fetchedCrates } from "./vendoring.ts";

/** What commands on a selection of packages have in common. */
export interface Scope {
  /** The sources of the packages, and of all local ones that they need. */
  readonly src: Tree;
  /** The external crates of their lock file. */
  readonly vendor: Tree;
  /** The same workspace without code. */
  readonly dummy: Tree;
}

/** The scopes of a project. Asked for more than once, they are still one node each. */
export class Scopes {
  readonly #project: Project;
  readonly #known = new Map<string, Scope>();
  #vendor: Tree | undefined;

  constructor(project: Project) {
    this.#project = project;
  }

  /** The external crates of the whole workspace. */
  get vendor(): Tree {
    const { src } = this.#project.options;
    return (this.#vendor ??= this.#vendored(this.#project.folderIn(src)));
  }

  /** What the packages of a selection are built from. */
  of(overrides: Selection): Scope {
    const { packages = [] } = override(this.#project.options, overrides);
    const key = JSON.stringify(packages);
    const known = this.#known.get(key) ?? this.#make(packages);
    this.#known.set(key, known);
    return known;
  }

  #make(packages: readonly string[]): Scope {
    const base = this.#project.base();
    const { src: ws, workspace } = this.#project.options;
    // Of a workspace in a folder, others may need what is beside it: it is not divided.
    const isWhole = packages.length === 0 || workspace !== undefined;
    if (isWhole) return { src: ws, vendor: this.vendor, dummy: dummyOf(ws, base) };
    const src = subsetOf({ ws, vendor: this.vendor }, packages, base);
    return { src, vendor: this.#vendored(src), dummy: dummyOf(src, base) };
  }

  /** @param workspace - The folder of a `Cargo.lock`. */
  #vendored(workspace: Tree): Tree {
    const { options } = this.#project;
    const manifest = workspace.pick("Cargo.lock", ".cargo");
    if (options.registry === undefined) return fetchedCrates(manifest, options);
    return stages.vendor({ manifest, registry: options.registry }, this.#project.base());
  }
}

/** Code, which no manifest depends on. */
const CODE = "**/*.rs";

/** Sources without code, unless an external crate stands on some of it. */
function dummyOf(src: Tree, base: stages.Base): Tree {
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
function subsetOf(
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
