/**
 * Laying an action out: its input root as a directory, with what its command has in its environment.
 *
 * @module
 */
import { accessSync, constants, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";

import { materializeTree } from "@ashlar/core";

import type { Captured } from "./capture.ts";

/** An action, laid out. Paths are absolute. */
export interface LaidOut {
  readonly root: string;
  /** Where its command starts. */
  readonly cwd: string;
  /** All that its command finds in its environment, `HOME`, `TMPDIR` and `PATH` included. */
  readonly env: Readonly<Record<string, string>>;
}

/** Where programs are, for commands that declare no tools. */
const systemPath = "/usr/local/bin:/usr/bin:/bin";

/**
 * Lays an action out in a new folder: `root`, `home`, `tmp`, and `bin` with links to its tools.
 *
 * @param folder - Absolute; is there, and empty.
 * @param searchPath - Where tools of the host are, in the form of `PATH`.
 */
export async function layOut(
  { action, content }: Captured,
  folder: string,
  searchPath: string,
): Promise<LaidOut> {
  const place = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  };
  const root = place("root");
  // All may be written to: it is a copy, and there to be tried on.
  await materializeTree(content, action.inputRoot, root, { writable: true });
  const cwd = join(root, action.cwd);
  mkdirSync(cwd, { recursive: true });
  for (const { path } of action.outputs) mkdirSync(dirname(join(cwd, path)), { recursive: true });
  const bin = action.tools === undefined ? undefined : place("bin");
  for (const tool of action.tools ?? []) {
    const target = tool.type === "input-tool" ? join(root, tool.path) : hostTool(tool, searchPath);
    if (bin !== undefined && target !== undefined)
      symlinkSync(target, join(bin, baseName(tool.name)));
  }
  const given = { HOME: place("home"), TMPDIR: place("tmp"), PATH: bin ?? systemPath };
  return { root, cwd, env: { ...given, ...action.env } };
}

function hostTool(
  { name, isThisNode }: { readonly name: string; readonly isThisNode?: boolean },
  searchPath: string,
): string | undefined {
  if (isThisNode === true) return process.execPath;
  if (isAbsolute(name)) return name;
  return searchPath
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
