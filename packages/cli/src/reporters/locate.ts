/**
 * Locating: which file of the project it is that a command has named.
 *
 *     /tmp/…/root/in/src/main.c ─▶ in/src/main.c ──the input at in/src──▶ packages/app/src/main.c
 *
 * A command knows its files by where they are laid in its input root. The graph says what lies where, and from which
 * directory of the project that was taken.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { isAbsolute, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { planGraph, type Handle, type PlanGraph, type View } from "@ashlar/core";

/** The path in a repository of a file that a stage has named; `undefined` when it is none of it. */
export type Locate = (file: string, stage: string) => string | undefined;

/** Where things are. */
export interface Places {
  /** Directory of the build file, absolute: relative sources start there. */
  readonly cwd: string;
  /** Directory that paths are wanted relative to, absolute. */
  readonly repository: string;
}

/** Makes a locator for a build of some targets. */
export async function sourceLocator(
  handles: readonly Handle[],
  { cwd, repository }: Places,
): Promise<Locate> {
  const graph = await planGraph(handles);
  /** The path of a file of the project, if it is there. */
  const known = (path: string): string | undefined => {
    const full = resolve(cwd, path);
    const inside = relative(repository, full);
    const isOutside = inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    return isOutside || !existsSync(full) ? undefined : inside.split(sep).join("/");
  };
  return (file, stage) => {
    for (const path of inputPaths(file, cwdOf(graph, stage))) {
      for (const place of placesOf(graph, stage, path)) {
        const found = known(place);
        if (found !== undefined) return found;
      }
      // Of a stage that the graph does not know, or of a tree that a stage has copied.
      const found = known(path) ?? known(path.replace(/^in\//, ""));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function cwdOf(graph: PlanGraph, stage: string): string {
  if (!graph.hasNode(stage)) return "";
  const node = graph.getNodeAttributes(stage);
  return node.type === "stage" ? node.cwd : "";
}

/** What a file that a command has named may be in its input root. */
function inputPaths(file: string, cwd: string): readonly string[] {
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  if (!isAbsolute(path)) {
    const joined = posix.normalize(posix.join(cwd, path));
    return joined.startsWith("..") ? [] : [joined];
  }
  // Input roots lie in a folder of this name, wherever it may be.
  const parts = path.split("/");
  return parts.flatMap((part, at) => (part === "root" ? [parts.slice(at + 1).join("/")] : []));
}

/** What a path in an input root, or in a merged tree, is in the project: relative to the build file, or absolute. */
function placesOf(graph: PlanGraph, node: string, path: string): readonly string[] {
  if (!graph.hasNode(node)) return [];
  const inputs = graph.inEdges(node).flatMap((edge) => {
    const input = graph.getEdgeAttributes(edge);
    return input.type === "input" && isAt(path, input.path)
      ? [{ from: graph.source(edge), at: input.path, views: input.views ?? [] }]
      : [];
  });
  return inputs
    .toSorted((a, b) => b.at.length - a.at.length)
    .flatMap(({ from, at, views }) => {
      const below = posix.join(...viewed(views), at === "" ? path : path.slice(at.length + 1));
      const made = graph.getNodeAttributes(from);
      if (made.type === "source") return [posix.join(made.location, below)];
      return made.type === "merge" ? placesOf(graph, from, below) : [];
    });
}

/** The folders that views lead into. */
function viewed(views: readonly View[]): readonly string[] {
  return views.flatMap((view) => ("path" in view ? [view.path] : []));
}

function isAt(path: string, place: string): boolean {
  return place === "" || path === place || path.startsWith(`${place}/`);
}
