/**
 * Tools: the programs that a command may find on its `PATH`.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";

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
  /** Whether it is the Node that this process is: on this machine, that one serves before any other. */
  readonly isThisNode?: true;
}

/** A program for the `PATH` of a command. */
export type Tool = HostTool;

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
  host(name, { version, locate, mustLocate = false, hint } = {}) {
    if (name === "" || (name.includes("/") && !name.startsWith("/"))) {
      const wanted = "the name of a program, or an absolute path";
      throw invalidOption("name of a tool", describe(name), wanted);
    }
    return Object.freeze({ type: "host-tool", name, version, locate, mustLocate, hint });
  },
  node: () => node,
};
