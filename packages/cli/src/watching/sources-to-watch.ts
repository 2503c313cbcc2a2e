/**
 * What to watch: the places on the disk that a build depends on.
 *
 * @module
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { planGraph, type Handle } from "@ashlar/core";

/** Directories, and single files, of which targets are made. All absolute. */
export async function sourcesToWatch(
  buildFile: string,
  handles: readonly Handle[],
): Promise<readonly string[]> {
  const cwd = dirname(buildFile);
  const sources = new Set<string>();
  const graph = await planGraph(handles);
  graph.forEachNode((_, node) => {
    if (node.type !== "source" || node.sha256 !== undefined) return;
    const place = resolve(cwd, node.location);
    const files = node.filter.include?.filter((glob) => !/[\\*?[\](){}!+@|]/.test(glob));
    // Of a source that is a few files, those: the directory may be that of the whole project.
    const isFiles = files !== undefined && files.length === node.filter.include?.length;
    if (isFiles && files.length > 0) for (const file of files) sources.add(join(place, file));
    else sources.add(place);
  });
  return [...sources];
}

/** A module of the project, and all of the project that it imports, by what their texts say. */
export function localModules(file: string): readonly string[] {
  const found = new Set<string>();
  const pending = [file];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    const text = textOf(next);
    for (const [, specifier = ""] of text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']*)["']/g)) {
      const module = moduleAt(resolve(dirname(next), specifier));
      if (module !== undefined) pending.push(module);
    }
  }
  return [...found];
}

const endings = ["", ".ts", ".mts", ".js", ".mjs", "/index.ts", "/index.js"];

function moduleAt(path: string): string | undefined {
  return endings
    .map((ending) => path + ending)
    .find((each) => {
      return existsSync(each) && statSync(each).isFile();
    });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
