/**
 * Undeclared inputs: what a failed command asked for in vain, though it exists.
 *
 * Guessed from what the command printed, and claimed only where it can be checked: the path exists in the
 * project, or on this machine, and not in the input root. Nothing is traced.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { isAbsolute, join, normalize, relative, resolve } from "node:path";

import { state, type Artifact } from "../artifact/handle.ts";
import { parsePath } from "../artifact/path.ts";
import type { StageCall } from "../graph/stage.ts";
import type { Action, Execution, Hermeticity } from "../runner/runner.ts";
import { entryAt } from "../store/directories.ts";
import type { ContentStore } from "../store/store.ts";

/** A path that was asked for. */
export interface UndeclaredPath {
  /** As it is in the project, or absolute. */
  readonly path: string;
  readonly in: "machine" | "project";
}

/** Paths that are looked at, and told of, at most. */
const maxAsked = 50;
const maxTold = 5;

/** Lines that say that something is missing. */
const complaints =
  /no such file|not found|cannot (?:open|find|load)|can(?:not|'t) cd to|can't open|couldn't read|unable to open|failed to (?:open|read)|ENOENT|no rule to make target|datei oder verzeichnis nicht gefunden|aucun fichier ou dossier|no existe el (?:fichero|archivo)|file o directory non esistente/i;

/** Where they name it: in quotes, before the complaint, or behind it. */
const names = [
  /'([^']+)'|"([^"]+)"|`([^`']+)[`']|‘([^’]+)’|„([^“”]+)[“”]|«\s?([^»]+?)\s?»/g,
  /(?:^|[\s:])([^\s:'"`‘’]+): (?:no such file|not found|cannot (?:open|stat)|file not found|datei oder verzeichnis|aucun fichier|no existe|file o directory)/gi,
  /(?:can(?:not|'t) cd to|cannot open|cannot find|can't open|couldn't read|unable to open|failed to (?:open|read))(?: file)? ([^\s:'"`‘’]+)/gi,
];

/** The file that a complaint is about, as compilers begin their lines: `src/main.c:1:10:`. */
const place = /^([^\s:'"]+):\d+(?::\d+)?:/;

/** What lines of a log say is missing, and from which file that was asked for, if they say so. */
export function askedFor(
  lines: readonly string[],
): { readonly path: string; readonly from?: string }[] {
  const asked = new Map<string, { path: string; from?: string }>();
  for (const each of lines) {
    if (!complaints.test(each)) continue;
    // Or what stands between two apostrophes of prose would be a name.
    const line = each.replaceAll("can't", "cannot");
    const [, from] = place.exec(line) ?? [];
    for (const pattern of names) {
      for (const [, ...groups] of line.matchAll(pattern)) {
        const path = groups.find(Boolean);
        if (path === undefined || path === from || asked.size >= maxAsked) continue;
        asked.set(JSON.stringify([path, from]), { path, ...(from !== undefined && { from }) });
      }
    }
  }
  return [...asked.values()];
}

/**
 * The same lines, with the file that has asked where others say it. Node does so below: `Require stack:`, and
 * `- /path/of/it.js`; Python above: `File "/path/of/it.py", line 1`, and asks for a module, which is a file.
 */
export function withRequirers(lines: readonly string[]): string[] {
  return lines.map((line, at) => {
    const [, module] = /^ModuleNotFoundError: No module named '([\w.]+)'$/.exec(line) ?? [];
    if (module !== undefined) {
      const above = lines.slice(0, at).findLast((each) => each.startsWith('  File "'));
      const [, importer = ""] = /^ {2}File "([^"]+)"/.exec(above ?? "") ?? [];
      return `${importer}:1: ${module.replaceAll(".", "/")}.py: No such file`;
    }
    if (!line.includes("Cannot find module '.") || lines[at + 1] !== "Require stack:") return line;
    const [, requirer] = /^- (\S+)$/.exec(lines[at + 2] ?? "") ?? [];
    return requirer === undefined ? line : `${requirer}:1: ${line}`;
  });
}

/** A directory of the project, and where the input root has it. */
interface MountedSource {
  readonly path: string;
  readonly directory: string;
}

/**
 * The paths among those that a log asks for that exist, and that the command was not given. Never rejects.
 *
 * @param project - Absolute root directory of the build.
 */
export async function findUndeclared(
  lines: readonly string[],
  { command }: StageCall,
  context: {
    readonly action: Action;
    readonly execution: Execution;
    readonly content: ContentStore;
    readonly hermeticity: Hermeticity;
    readonly project: string;
  },
): Promise<readonly UndeclaredPath[]> {
  const { action, execution, content, hermeticity, project } = context;
  const sources = command.mounts.flatMap(({ path, artifact }): MountedSource[] => {
    const directory = directoryOf(artifact, project);
    return directory === undefined ? [] : [{ path, directory }];
  });
  const isInput = async (path: string): Promise<boolean> =>
    (await entryAt(content, action.inputRoot, parsePath(path))) !== undefined;
  /** Whether the command was given a file of the project, under whatever name. */
  const isGiven = async (file: string): Promise<boolean> => {
    for (const { path, directory } of sources) {
      const below = relative(directory, file);
      if (!leaves(below) && (await isInput(join(path, below)))) return true;
    }
    return false;
  };
  const told = new Map<string, UndeclaredPath>();
  try {
    for (const { path, from } of askedFor(withRequirers(lines))) {
      if (told.size >= maxTold) break;
      const inRoot = pathsInRoot(path, from, action.cwd, execution.seenAs);
      if (inRoot.length === 0) {
        // Elsewhere, such a path is not hidden.
        const isKept = hermeticity === "sandbox" || hermeticity === "container";
        const isHidden = isKept && existsSync(path);
        if (isHidden) told.set(path, { path, in: "machine" });
        continue;
      }
      const given = await Promise.all(
        inRoot.map(async (each) => !leaves(each) && (await isInput(each))),
      );
      if (given.includes(true)) continue;
      for (const file of filesOfProject(inRoot, path, sources, project)) {
        if (!existsSync(file) || (await isGiven(file))) continue;
        const shown = relative(project, file);
        told.set(file, { path: leaves(shown) ? file : shown, in: "project" });
        break;
      }
    }
  } catch {
    // It is a hint. What went wrong has its error already.
  }
  return [...told.values()];
}

/** A path as one in the input root, in each way in which it can be meant; none for one of the machine. */
function pathsInRoot(
  path: string,
  from: string | undefined,
  cwd: string,
  root: string | undefined,
): string[] {
  if (isAbsolute(path)) {
    const below = root === undefined ? undefined : relative(root, path);
    return below === undefined || leaves(below) || below === "" ? [] : [below];
  }
  const bases = [cwd, ...(from === undefined ? [] : [fromRoot(from, cwd, root)])];
  return bases.map((base) => normalize(join(base, path)));
}

/** The folder of a file that is named in a log. */
function fromRoot(file: string, cwd: string, root: string | undefined): string {
  const path = isAbsolute(file) ? relative(root ?? "/", file) : join(cwd, file);
  return join(path, "..");
}

/** Files of the project that may stand behind paths of the input root, the likeliest first. */
function filesOfProject(
  inRoot: readonly string[],
  asked: string,
  sources: readonly MountedSource[],
  project: string,
): string[] {
  const bySource = inRoot
    .toReversed()
    .flatMap((path) =>
      sources
        .filter((source) => !leaves(relative(source.path, path)))
        .map((source) => resolve(source.directory, relative(source.path, path))),
    );
  const plain = [...inRoot, ...(isAbsolute(asked) ? [] : [asked])].filter((path) => !leaves(path));
  return [...bySource, ...plain.map((path) => resolve(project, path))];
}

/** The directory of the user's disk that an artifact is, or is a part of. */
function directoryOf(artifact: Artifact, project: string): string | undefined {
  const { origin } = artifact[state];
  switch (origin.type) {
    case "source":
      return resolve(project, origin.location);
    case "gated":
    case "validated":
      return directoryOf(origin.base, project);
    case "view": {
      const base = directoryOf(origin.base, project);
      const { view } = origin;
      return base !== undefined && "path" in view ? join(base, view.path) : base;
    }
    case "merge":
    case "output":
    case "text":
      return undefined;
  }
}

function leaves(path: string): boolean {
  return path === ".." || path.startsWith("../") || isAbsolute(path);
}
