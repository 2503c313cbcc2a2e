/**
 * Tool places: which folders of this machine a program needs besides its own file.
 *
 * A program of the system finds everything there. One that lies elsewhere belongs to an installation, and
 * that is a folder with `bin` in it: `~/.rustup/toolchains/stable/bin/cargo`, `/opt/llvm/bin/clang`. Packages of
 * npm lie in a `node_modules`, beside those that they need.
 *
 * @module
 */
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname } from "node:path";

import { visiblePlaces } from "./bubblewrap.ts";

/** Folders in a home that many programs share with what is nobody's business. */
const sharedFolders = new Set([".cargo", ".local"]);

/** What to show for programs to work. */
export interface ToolPlaces {
  /** Folders, or single files, none of them in another. */
  readonly places: readonly string[];
  /** Links by which programs are started: where they lead. */
  readonly links: ReadonlyMap<string, string>;
}

/**
 * Finds what to show for programs to work.
 *
 * @param programs - Absolute paths, by which the programs are started.
 * @param visible - What is shown in any case.
 */
export function placesOf(programs: readonly string[], visible: readonly string[] = []): ToolPlaces {
  const shown = [...visiblePlaces, ...visible];
  const isHidden = (path: string): boolean => !shown.some((place) => isIn(path, place));
  const ways = programs.map((path) => ({ path, real: realOf(path) }));
  const all = new Set(ways.map(({ real }) => installationOf(real)).filter(isHidden));
  const places = [...all].filter(
    (path) => ![...all].some((other) => other !== path && isIn(path, other)),
  );
  const links = ways.filter(({ path, real }) => {
    return path !== real && isHidden(path) && !places.some((place) => isIn(path, place));
  });
  return { places, links: new Map(links.map(({ path, real }) => [path, real])) };
}

/** What has to be there for a program to work. @param path - Absolute, without links. */
export function installationOf(path: string, home: string = homedir()): string {
  const modules = path.indexOf("/node_modules/");
  if (modules !== -1) return path.slice(0, modules + "/node_modules".length);
  const folder = dirname(path);
  if (basename(folder) !== "bin" && basename(folder) !== "sbin") return path;
  const prefix = dirname(folder);
  const isTooWide =
    prefix === "/" ||
    isIn(home, prefix) ||
    (dirname(prefix) === home && sharedFolders.has(basename(prefix)));
  return isTooWide ? path : prefix;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isIn(path: string, place: string): boolean {
  return `${path}/`.startsWith(`${place}/`);
}
