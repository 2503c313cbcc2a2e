/**
 * Tools that others have written for cargo, as they are: `scripts/cargo-tools.sh` installs them.
 *
 * A test whose tool is not there says so in its title, and how to get it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

import type { Runner } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

const { ASHLAR_CARGO_TOOLS, XDG_CACHE_HOME, PATH = "" } = process.env;
const cache = XDG_CACHE_HOME ?? join(homedir(), ".cache");
const place = ASHLAR_CARGO_TOOLS ?? join(cache, "ashlar-cargo-tools");

/** Folders with programs, those of the tools first, in the form of `PATH`. */
export const searchPath: string = [join(place, "bin"), PATH].join(delimiter);

/** A runner that has the tools. */
export function runnerWithTools(): Runner {
  return localRunner({ searchPath, visible: [place] });
}

/** Where a tool is, absolute; `undefined` when it is not there. */
export function toolPath(name: string): string | undefined {
  const paths = searchPath.split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => existsSync(path));
}

/** Whether tests can run a tool. */
export interface ToolForTests {
  readonly isMissing: boolean;
  /** For the end of a title: what is missing, and how to get it. */
  readonly why: string;
}

/**
 * Looks for a tool.
 *
 * @param missing - What else it needs and the machine has not.
 */
export function toolForTests(tool: string, missing: readonly string[]): ToolForTests {
  const how = `${tool}: \`scripts/cargo-tools.sh ${tool}\` installs it`;
  const lacks = toolPath(tool) === undefined ? [how, ...missing] : missing;
  const why = lacks.length === 0 ? "" : ` (skipped, not here: ${lacks.join(", ")})`;
  return { isMissing: lacks.length > 0, why };
}
