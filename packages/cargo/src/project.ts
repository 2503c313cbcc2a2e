/**
 * A project: what all stages of a Rust workspace have in common, whatever they run.
 *
 * @module
 */
import type { Tool, Tree } from "@ashlar/core";

import type { CargoOptions, Selection } from "./options.ts";
import { override, selectionWords, type SelectionWords } from "./selection.ts";
import type { Base } from "./stages.ts";
import { rustTools } from "./toolchain.ts";

/** What describes a build is no part of what is built: else other flags of one command would run all of them again. */
const BUILD_FILES = ["ts", "mts", "js", "mjs"].map((ending) => `**/ashlar.build.${ending}`);

/** The options of a workspace, and what follows from them alone. */
export class Project {
  /** As they were given, but for build files in the sources. */
  readonly options: CargoOptions;
  /** Arguments that tell cargo where the manifest is. */
  readonly place: readonly string[];
  readonly #tools: readonly Tool[];

  constructor(options: CargoOptions) {
    const { workspace, toolchain, tools = [] } = options;
    this.options = { ...options, src: options.src.without(...BUILD_FILES) };
    this.place = workspace === undefined ? [] : ["--manifest-path", `${workspace}/Cargo.toml`];
    this.#tools = [...rustTools(toolchain), ...tools];
  }

  /** The folder of `Cargo.toml` and `Cargo.lock`. */
  folderIn(src: Tree): Tree {
    const { workspace } = this.options;
    return workspace === undefined ? src : src.dir(workspace);
  }

  /** A selection with overrides, as part of a command. */
  words(overrides: Selection): SelectionWords {
    return selectionWords(override(this.options, overrides));
  }

  /** What all stages are given, and what this one is given besides. */
  base({ tools = [], env = {} }: Partial<Base> = {}): Base {
    return {
      workspace: this.options.workspace,
      tools: [...this.#tools, ...tools],
      env: { ...this.options.env, ...env },
    };
  }
}
