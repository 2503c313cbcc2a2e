/**
 * Tools: the programs that a command may find on its `PATH`.
 *
 * @module
 */
import { nameOf } from "../artifact/artifact.ts";
import { isArtifact, state, type Artifact, type File, type Tree } from "../artifact/handle.ts";
import { baseName, parseName, parsePath, rootPath, type ArtifactPath } from "../artifact/path.ts";
import { describe } from "../base/describe.ts";
import { invalidOption, notAHandle } from "../errors/catalogue.ts";

/** A program of the machine that the command runs on, found when a build needs it. */
export interface HostTool {
  readonly type: "host-tool";
  /** Name on the command's `PATH`; or the absolute path that the command uses itself. */
  readonly name: string;
  /** Arguments that make it print its version; without them its own bytes tell versions apart. */
  readonly version: readonly string[] | undefined;
  /** Command that prints where the program lies, tried before the machine's `PATH`. */
  readonly locate: readonly string[] | undefined;
  /** Whether only what `locate` prints will do. */
  readonly mustLocate: boolean;
  /** How to get it, for the error when it is missing. */
  readonly hint: string | undefined;
  /** What decides what it and its manager answer. Not in the key. */
  readonly decidedBy?: ToolDecision | undefined;
  /** Whether it is the Node that this process is: on this machine, that one serves before any other. */
  readonly isThisNode?: true;
}

/** A program in an artifact, which is thereby an input of each command that uses it. */
export interface ArtifactTool {
  readonly type: "artifact-tool";
  /** Name on the command's `PATH`. */
  readonly name: string;
  readonly artifact: Artifact;
  /** Path of the program in a tree; empty when the artifact is the program. */
  readonly path: ArtifactPath;
}

/** A program for the `PATH` of a command. */
export type Tool = ArtifactTool | HostTool;

/** What of a machine decides where a tool is, and what it prints as its version. */
export interface ToolDecision {
  /** Files and folders, by absolute paths, there or not. Of a folder, only what is right in it counts. */
  readonly files?: readonly string[];
  /** Names of environment variables. */
  readonly variables?: readonly string[];
}

/** How a host tool is found and told apart from other versions of itself. */
export interface HostToolOptions {
  /**
   * Arguments that make the program print its version, such as `["--version"]`. What it prints goes
   * into the action key, so another version re-runs the stage.
   *
   * @defaultValue the digest of the program's own bytes
   */
  readonly version?: readonly string[];
  /**
   * A command that prints the program's path, or the folder that it lies in: for managers whose
   * programs on `PATH` are only stand-ins, such as `["rustup", "which", "cargo"]`. When it is not
   * there, or fails, the machine's `PATH` decides.
   */
  readonly locate?: readonly string[];
  /**
   * Whether the tool is missing when `locate` does not find it, whatever else is on `PATH`: for a
   * version that was asked for by name.
   *
   * @defaultValue false
   */
  readonly mustLocate?: boolean;
  /** What a person should do when it is missing: `apt-get install llvm`. */
  readonly hint?: string;
  /**
   * All that decides what `locate` and `version` print, besides the programs of these names on the machine's
   * `PATH` and the one that was found. A promise: with it, answers are kept in the store, and the programs
   * are not started again as long as all of that looks the same (size, times, inode).
   *
   * @defaultValue unknown, so that they are asked in each process
   */
  readonly decidedBy?: ToolDecision;
}

/** How a program of an artifact is found. */
export interface ArtifactToolOptions {
  /** Its name on the command's `PATH`. @defaultValue the last segment of its path, or the file's name */
  readonly name?: string;
}

/** Makes tools. */
export interface MakeTool {
  /**
   * A program of the host. Its version enters the key, which makes the result host-dependent: another
   * machine shares it only if it has the same version.
   */
  host(name: string, options?: HostToolOptions): HostTool;
  /**
   * Node: on this machine the one that runs the build, whatever is on the machine's `PATH`, and
   * elsewhere the one that is there. Told apart by its version.
   */
  node(): HostTool;
  /**
   * A program of an artifact, laid in the input root as any other input. Its content is in the key, and
   * nothing of the host: such a tool is the same everywhere. It finds what lies beside it, for it is
   * not copied from its place.
   *
   * @param path - Where the program lies in the tree: `bin/cc`. It may be a link inside of the tree.
   */
  from(tree: Tree, path: string, options?: ArtifactToolOptions): ArtifactTool;
  from(file: File, options?: ArtifactToolOptions): ArtifactTool;
}

/** There is one only, so that all commands that use it ask one question. */
const node: HostTool = Object.freeze({
  type: "host-tool",
  name: "node",
  version: Object.freeze(["--version"]),
  locate: undefined,
  mustLocate: false,
  hint: undefined,
  isThisNode: true,
});

/** Names the programs that a command may use. */
export const tool: MakeTool = {
  host(name, { version, locate, mustLocate = false, hint, decidedBy } = {}) {
    if (name === "" || (name.includes("/") && !name.startsWith("/"))) {
      const wanted = "the name of a program, or an absolute path";
      throw invalidOption("name of a tool", describe(name), wanted);
    }
    const known = { type: "host-tool", name, version, locate, mustLocate, hint } as const;
    return Object.freeze(decidedBy === undefined ? known : { ...known, decidedBy });
  },
  node: () => node,
  from(artifact: Artifact, ...rest: readonly unknown[]) {
    if (!isArtifact(artifact))
      throw notAHandle(artifact, "what `tool.from` should take a program of");
    const isTree = artifact[state].kind === "tree";
    const [path, options = {}] = isTree ? rest : ["", ...rest];
    const place = typeof path === "string" ? parsePath(path) : rootPath;
    if (typeof path !== "string" || (isTree && place === rootPath)) {
      throw invalidOption("path of a tool", describe(path), "where the program lies in the tree");
    }
    if (typeof options !== "object" || options === null) {
      throw invalidOption(
        "options of a tool",
        describe(options),
        "left out for a file, or `{ name }`",
      );
    }
    const { name = isTree ? baseName(place) : nameOf(artifact) } = options as ArtifactToolOptions;
    return Object.freeze({ type: "artifact-tool", name: parseName(name), artifact, path: place });
  },
};
