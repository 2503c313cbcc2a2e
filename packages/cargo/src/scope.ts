/**
 * Scopes: what a selection of packages is built from.
 *
 *     src ──(names, manifests)──▶ subset ──▶ an outline ──▶ vendor, subset-lock ──▶ Cargo.toml, Cargo.lock for them
 *      └───────────────(all but what is left out)───────────────────────────────────▶ their sources
 *                                                   their sources ──▶ vendor, dummy-source ──▶ a workspace without code
 *
 * Stages that look at manifests are given sources whose code is blank: so an edit of code does not run them
 * again, and costs no more than telling that their results are as before.
 *
 * @module
 */
import { dynamic, merge, text, type File, type Tree } from "@ashlar/core";

import type { Selection } from "./options.ts";
import type { Project } from "./project.ts";
import { override } from "./selection.ts";
import * as stages from "./stages.ts";
import { vendoredCrates } from "./vendored-folder.ts";
import { FetchedCrates } from "./vendoring.ts";

/** What commands on a selection of packages have in common. */
export interface Scope {
  /** The sources of the packages, and of all local ones that they need. */
  readonly src: Tree;
  /** The external crates of their lock file. */
  readonly vendor: Tree;
  /** The same workspace without code. */
  readonly dummy: Tree;
  /** What the program that made it has found out about the workspace. */
  readonly layout: File;
}

/** The scopes of a project. Asked for more than once, they are still one node each. */
export class Scopes {
  readonly #project: Project;
  readonly #crates: FetchedCrates;
  readonly #known = new Map<string, Scope>();
  #vendor: Tree | undefined;

  constructor(project: Project) {
    this.#project = project;
    this.#crates = new FetchedCrates(project.options);
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
    const { src } = this.#project.options;
    if (packages.length === 0) return { src, vendor: this.vendor, ...dummyOf(src, [], base) };
    const part = this.#part(packages);
    return {
      src: part,
      vendor: this.#vendored(this.#project.folderIn(part)),
      ...dummyOf(part, packages, base),
    };
  }

  /**
   * What of the sources some packages need, with a root manifest and a lock file for them.
   *
   * @param packages - As cargo's `--package` has them.
   */
  #part(packages: readonly string[]): Tree {
    const base = this.#project.base();
    const { src } = this.#project.options;
    const { outline, closure } = stages.subset(src.blank(CODE), packages, base);
    // Crates that only others need are not fetched for them. (Of a runner that only pretends to run commands, there is no outline.)
    const locks = merge([src.pick("**/Cargo.lock"), outline], { onConflict: "last" });
    const vendor = this.#vendored(this.#project.folderIn(locks));
    const { locked } = stages.subsetLock({ ws: outline, vendor }, base);
    return dynamic
      .tree("workspace", { closure }, async (inputs) => {
        const { dropped, roots } = parse(await inputs.closure.text());
        const kept = src.without(...globs(dropped));
        // Those of members are as they were, and may be reached by links.
        return merge([kept, outline.pick(...globs(roots)), locked], { onConflict: "last" });
      })
      .as("ws");
  }

  /** @param workspace - The folder of a `Cargo.lock`. */
  #vendored(workspace: Tree): Tree {
    const { options } = this.#project;
    // All of it, for a part would have to be picked out and written down in every build, only to be read.
    if (options.registry === undefined) return this.#crates.of(workspace);
    return vendoredCrates(workspace, options.registry);
  }
}

/** Code, which no manifest depends on. */
const CODE = "**/*.rs";

/**
 * Sources without code, unless an external crate stands on some of it.
 *
 * @param packages - As cargo's `--package` has them.
 */
function dummyOf(
  src: Tree,
  packages: readonly string[],
  base: stages.Base,
): Pick<Scope, "dummy" | "layout"> {
  // As `name@version`, or `name:version`.
  const versioned = packages.flatMap((word) => /^([^@:/]+)[@:]\d/.exec(word)?.[1] ?? []);
  const { dummy: blank, layout } = stages.dummySource(src.blank(CODE), versioned, base);
  const dummy = dynamic
    .tree("dummy", { layout }, async (inputs) => {
      const hasCode = parse(await inputs.layout.text())["hasCode"] === true;
      return hasCode ? stages.dummySource(src, versioned, base).dummy : blank;
    })
    .as("dummy");
  return { dummy, layout };
}

/**
 * The target directory of the inner packages of a scope, which is nothing where there are none.
 *
 * @param build - Compiles them in sources in which all other code is blank.
 */
export function innerOf({ src, layout }: Scope, build: (ws: Tree) => Tree): Tree {
  return dynamic
    .tree("inner-code", { layout }, async (inputs) => {
      const { hasInner, blank } = parse(await inputs.layout.text());
      if (hasInner !== true) return merge({ ".keep": text("") });
      const folders = Array.isArray(blank) ? blank.map(String) : [];
      return build(src.blank(...folders.map((folder) => `${literally(folder)}/**/*.rs`)));
    })
    .as("target");
}

/** What a program has written. A runner that only pretends to run commands leaves nothing to read. */
function parse(json: string): Readonly<Record<string, unknown>> {
  return json === "" ? {} : (JSON.parse(json) as Record<string, unknown>);
}

/** Globs for the paths of a list. */
function globs(paths: unknown): readonly string[] {
  return Array.isArray(paths) ? paths.map(String).map(literally) : [];
}

/** A path as a glob that matches nothing else. */
function literally(path: string): string {
  return path.replaceAll(/[*?[\](){}!+@|\\]/g, String.raw`\$&`);
}
