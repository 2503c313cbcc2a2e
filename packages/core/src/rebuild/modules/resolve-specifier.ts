/**
 * Resolving specifiers: from what a module says to a place on the disk, as Node would.
 *
 * @module
 */
import { builtinModules } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import type { NotedDisk } from "./disk.ts";
import { targetOf, type Way } from "./package-target.ts";
import type { Specifier } from "./specifiers.ts";

/** Where a specifier leads. */
export type Landing =
  | { readonly type: "builtin" }
  | { readonly type: "file"; readonly path: string }
  | PackageLanding
  | { readonly type: "nowhere"; readonly why: string };

/** A package, as it was found in a `node_modules`. */
export interface PackageLanding {
  readonly type: "package";
  /** Where it was looked for: a folder, or a link to one. */
  readonly at: string;
  /** Where it is. */
  readonly folder: string;
  /** What of it was asked for: `.` or `./sub`. */
  readonly subpath: string;
}

/** Resolves what the module at `from`, a path without links, says. */
export function resolveSpecifier(
  disk: NotedDisk,
  from: string,
  { text, way }: Pick<Specifier, "text" | "way">,
): Landing {
  if (way === "file") return fileBeside(disk, from, text);
  if (isBuiltin(text) || text.startsWith("data:")) return { type: "builtin" };
  if (/^(?:\.{1,2}(?:\/|$)|\/|file:)/.test(text)) return pathLanding(disk, from, text, way);
  if (/^[a-z][a-z+.-]*:/i.test(text)) {
    return { type: "nowhere", why: "it is no file, and only files can be taken along" };
  }
  const scope = disk.scopeOf(from);
  if (text.startsWith("#")) {
    const target = scope && targetOf(scope.manifest, text, way);
    if (target === undefined) return { type: "nowhere", why: "its package does not define it" };
    if (!target.startsWith("./")) return resolveSpecifier(disk, from, { text: target, way });
    return existing(disk, join(scope?.folder ?? "", target));
  }
  const [, name = text, rest = ""] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(text) ?? [];
  if (scope?.manifest.name === name && scope.manifest.exports !== undefined) {
    return inPackage(disk, scope.folder, `.${rest}`, way);
  }
  return findPackage(disk, dirname(from), name, `.${rest}`);
}

/** The package of that name that is seen from a folder. */
export function findPackage(
  disk: NotedDisk,
  from: string,
  name: string,
  subpath: string,
): PackageLanding | Extract<Landing, { readonly type: "nowhere" }> {
  for (let folder = from; ; folder = dirname(folder)) {
    const at = join(folder, "node_modules", name);
    if (!folder.endsWith("/node_modules") && disk.look(at) === "folder") {
      return { type: "package", at, folder: disk.real(at), subpath };
    }
    if (folder === dirname(folder)) {
      return { type: "nowhere", why: "no `node_modules` on the way up holds it" };
    }
  }
}

/** The file that a subpath of a package leads to. */
export function inPackage(disk: NotedDisk, folder: string, subpath: string, way: Way): Landing {
  const manifest = disk.manifestIn(folder) ?? {};
  if (manifest.exports !== undefined && manifest.exports !== null) {
    const target = targetOf(manifest, subpath, way);
    return target === undefined
      ? { type: "nowhere", why: `its package does not export \`${subpath}\`` }
      : existing(disk, join(folder, target));
  }
  if (subpath !== ".") {
    const path = join(folder, subpath);
    return way === "require" ? guessed(disk, path) : existing(disk, path);
  }
  const main = typeof manifest.main === "string" ? manifest.main : "index.js";
  const found = guessed(disk, join(folder, main));
  return found.type === "file" ? found : guessed(disk, join(folder, "index"));
}

/** True for a module that Node itself has. */
export function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(specifier);
}

function pathLanding(disk: NotedDisk, from: string, text: string, way: Way): Landing {
  if (way === "require" && !text.startsWith("file:")) {
    return guessed(disk, resolve(dirname(from), text));
  }
  const url = new URL(text, pathToFileURL(from));
  return existing(disk, fileURLToPath(`file://${url.pathname}`));
}

/** `new URL(text, import.meta.url)`: a file that the module means to read, if there is one. */
function fileBeside(disk: NotedDisk, from: string, text: string): Landing {
  if (!URL.canParse(text, "file:///") || new URL(text, "file:///").protocol !== "file:") {
    return { type: "builtin" };
  }
  return pathLanding(disk, from, text, "import");
}

function existing(disk: NotedDisk, path: string): Landing {
  if (disk.look(path) === "file") return { type: "file", path };
  return { type: "nowhere", why: `there is no file \`${path}\`` };
}

/** `require` tries endings, and looks into folders. */
function guessed(disk: NotedDisk, path: string): Landing {
  const endings = ["", ".js", ".json", ".node"];
  for (const ending of endings) {
    if (disk.look(path + ending) === "file") return { type: "file", path: path + ending };
  }
  if (extname(path) === "" && disk.look(path) === "folder") {
    const main = disk.manifestIn(path)?.main;
    const starts = [...(typeof main === "string" ? [join(path, main)] : []), join(path, "index")];
    for (const start of starts) {
      for (const ending of endings) {
        if (disk.look(start + ending) === "file") return { type: "file", path: start + ending };
      }
    }
  }
  return { type: "nowhere", why: `there is no file \`${path}\`` };
}
