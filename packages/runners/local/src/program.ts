/**
 * Programs: from a command's first word to a file, and from its tools to a `PATH`.
 *
 * @module
 */
import { symlinkSync, writeFileSync } from "node:fs";
import { isAbsolute, join, normalize, resolve } from "node:path";

import { commandNotFound, type Action, type InputTool, type PlacedTool } from "@ashlar/core";

import { isExecutable, isScript } from "./executable.ts";
import type { Place, Program } from "./place.ts";
import type { Room } from "./room.ts";
import type { ToolFinder } from "./tool-finder.ts";

/** Where the system's own programs are, for commands that declare no tools. */
const systemFolders = ["/usr/bin", "/bin"];

/**
 * Links the tools of an action, and finds the program that it starts.
 *
 * @throws {@link BuildError} `TOOL_NOT_FOUND`, `COMMAND_NOT_FOUND`.
 */
export async function prepareProgram(
  action: Action,
  { place, room }: { readonly place: Place; readonly room: Room },
  tools: ToolFinder,
  signal: AbortSignal,
): Promise<Program> {
  const [word = "", ...rest] = action.argv;
  const bin = join(place.folder, "bin");
  const byName = new Map((action.tools ?? []).map((tool) => [tool.name, tool]));
  const links = new Map<string, string>();
  for (const tool of byName.values()) {
    if (tool.type === "input-tool") continue;
    const found = await tools.find(tool, signal);
    if (!isAbsolute(tool.name)) links.set(tool.name, found);
  }
  const found = action.tools === undefined && !word.includes("/") ? tools.search(word) : undefined;
  const isSearched = found !== undefined;
  if (isSearched) links.set(word, found);
  room.link(links, place.folder);
  for (const tool of byName.values()) {
    if (tool.type !== "input-tool") continue;
    room.forgo();
    leadTo(tool, place, bin);
  }
  const folders = action.tools === undefined ? [bin, ...systemFolders] : [bin];
  const own = byName.get(word);
  const path = word.includes("/") ? pathInRoot(action.cwd, word) : inputPath(own);
  const file =
    path !== undefined
      ? place.inRoot(path)
      : isAbsolute(word)
        ? resolve(word)
        : isSearched
          ? join(bin, word)
          : folders.map((folder) => join(folder, word)).find(isExecutable);
  // What was found on the search path was looked at then.
  if (file === undefined || (!isSearched && !isExecutable(file))) {
    const names = action.tools?.map(({ name }) => name);
    throw commandNotFound({ stage: action.name, program: word, tools: names });
  }
  const seen = (each: string): string =>
    each.startsWith(`${place.folder}/`) ? place.seenAs + each.slice(place.folder.length) : each;
  const env = {
    PATH: folders.map(seen).join(":"),
    HOME: seen(join(place.folder, "home")),
    TMPDIR: seen(join(place.folder, "tmp")),
    ...action.env,
  };
  const start = path === undefined ? seen(file) : join(place.seenAs, "root", path);
  const absolute = [word, ...byName.keys()].filter((each) => isAbsolute(each));
  return { argv: [start, ...rest], env, reads: [...links.values(), ...absolute] };
}

/** A relative path that a command is started by, as one from the input root; `undefined` if it leads out. */
function pathInRoot(cwd: string, word: string): string | undefined {
  if (isAbsolute(word)) return undefined;
  const path = normalize(join(cwd, word));
  return path.startsWith("..") ? undefined : path;
}

function inputPath(tool: PlacedTool | undefined): string | undefined {
  return tool?.type === "input-tool" ? tool.path : undefined;
}

/**
 * Makes a name on `PATH` lead to a tool of the input root. Programs find their own place through a link; a
 * script is told the name by which it was started, so it is started by the name that it has there.
 */
export function leadTo(
  { name, path }: InputTool,
  place: Pick<Place, "inRoot" | "seenAs">,
  bin: string,
): void {
  if (!isScript(place.inRoot(path))) {
    // Relative, for the command may see the folder elsewhere.
    return symlinkSync(join("../root", path), join(bin, name));
  }
  const script = join(place.seenAs, "root", path).replaceAll("'", String.raw`'\''`);
  writeFileSync(join(bin, name), `#!/bin/sh\nexec '${script}' "$@"\n`, { mode: 0o755 });
}
