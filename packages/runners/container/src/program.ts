/**
 * Programs: from a command's first word to a file of the image or of the input root.
 *
 * @module
 */
import { symlinkSync } from "node:fs";
import { isAbsolute, join, posix, resolve } from "node:path";

import { commandNotFound, toolNotFound, type Action } from "@ashlar/core";
import { isExecutable, leadTo } from "@ashlar/runner-local/parts";

import type { Container } from "./container.ts";
import { seenAs, type Program } from "./place.ts";

/**
 * Links the tools of an action, and finds the program that it starts.
 *
 * @throws {@link BuildError} `TOOL_NOT_FOUND`, `COMMAND_NOT_FOUND`.
 */
export async function prepareProgram(action: Action, container: Container): Promise<Program> {
  const [word = "", ...rest] = action.argv;
  const bin = join(container.folder, "bin");
  const byName = new Map((action.tools ?? []).map((tool) => [tool.name, tool]));
  for (const tool of byName.values()) {
    if (tool.type === "input-tool") {
      leadTo(tool, { inRoot: (path) => join(container.folder, "root", path), seenAs }, bin);
      continue;
    }
    const found = await container.find(tool.name);
    if (found === undefined) {
      throw toolNotFound(tool.name, tool.hint ?? `the image \`${container.image}\` lacks it`);
    }
    if (!isAbsolute(tool.name)) symlinkSync(found, join(bin, tool.name));
  }
  const own = byName.get(word);
  const file = await findProgram();
  if (file === undefined) {
    const names = action.tools?.map(({ name }) => name);
    throw commandNotFound({ stage: action.name, program: word, tools: names });
  }
  const env = {
    PATH: action.tools === undefined ? container.searchPath : `${seenAs}/bin`,
    HOME: `${seenAs}/home`,
    TMPDIR: `${seenAs}/tmp`,
    ...action.env,
  };
  return { argv: [file, ...rest], env };

  async function findProgram(): Promise<string | undefined> {
    if (isAbsolute(word)) return await container.find(word);
    if (word.includes("/")) {
      const isThere = isExecutable(resolve(container.folder, "root", action.cwd, word));
      return isThere ? posix.resolve(seenAs, "root", action.cwd, word) : undefined;
    }
    if (own?.type === "input-tool") {
      const isThere = isExecutable(join(container.folder, "root", own.path));
      return isThere ? `${seenAs}/root/${own.path}` : undefined;
    }
    if (own !== undefined) return `${seenAs}/bin/${word}`;
    return action.tools === undefined ? await container.find(word) : undefined;
  }
}
