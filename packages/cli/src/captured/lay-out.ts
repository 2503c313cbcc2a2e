/**
 * Laying an action out: its input root as a directory, with what its command has in its environment.
 *
 * @module
 */
import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import { materializeTree, type HostTool } from "@ashlar/core";

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
 * @param from - `searchPath`: where tools of the host are, in the form of `PATH`.
 */
export async function layOut(
  { action, content }: Captured,
  folder: string,
  from: { readonly searchPath: string; readonly signal: AbortSignal },
): Promise<LaidOut> {
  const { searchPath, signal } = from;
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
  for (const { path } of action.outputs) mkdirSync(dirname(join(root, path)), { recursive: true });
  const bin = action.tools === undefined ? undefined : place("bin");
  const { ToolFinder } = await import("@ashlar/runner-local/parts");
  const finder = new ToolFinder(searchPath);
  // Of another machine, where the stage runs, not all need be here.
  const hostTool = async (tool: HostTool): Promise<string | undefined> =>
    await finder.find(tool, signal).catch(() => (signal.throwIfAborted(), undefined));
  for (const tool of action.tools ?? []) {
    const target = tool.type === "input-tool" ? join(root, tool.path) : await hostTool(tool);
    if (bin !== undefined && target !== undefined)
      symlinkSync(target, join(bin, baseName(tool.name)));
  }
  const given = { HOME: place("home"), TMPDIR: place("tmp"), PATH: bin ?? systemPath };
  return { root, cwd, env: { ...given, ...action.env } };
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
