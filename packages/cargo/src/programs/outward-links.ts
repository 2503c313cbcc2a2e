/**
 * Links that build scripts leave in a target directory, and that lead somewhere by an absolute path.
 *
 * Nothing of that kind can be kept in a tree. `cxx` makes some for each crate: to headers of its own, to the
 * folder of the crate, and among what it has written.
 *
 *     into the target directory   becomes relative
 *     to an external crate        becomes a copy of what is there, which never changes
 *     anywhere else               is taken away; the marker says where it led, and whoever goes on here makes it again
 *
 * @module
 */
import { existsSync, lstatSync, readlinkSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { namesIn, platformDirectories, profileDirectories } from "./target-directory.ts";
import { copyFile, copyTree, isWithin, walk } from "./tree.ts";

/** Links that were taken away: where they led, by path in the target directory. */
export type OutwardLinks = Readonly<Record<string, string>>;

/**
 * Leaves no link that a tree cannot hold.
 *
 * @param target - As cargo is told; external crates lie beside it, in `vendor`.
 * @returns those that were taken away.
 */
export function takeOutwardLinks(target: string): OutwardLinks {
  const vendor = join(dirname(target), "vendor");
  const taken: Record<string, string> = {};
  for (const folder of scriptFolders(target)) {
    for (const { path, kind } of walk(folder)) {
      if (kind !== "symlink") continue;
      const place = join(folder, path);
      const text = readlinkSync(place);
      const end = resolve(dirname(place), text);
      if (isWithin(end, target)) {
        if (text.startsWith("/")) replaceLink(place, relative(dirname(place), end));
      } else {
        unlinkSync(place);
        if (isWithin(end, vendor) && existsSync(end)) copy(end, place);
        else taken[relative(target, place)] = text;
      }
    }
  }
  return taken;
}

/** Makes links again that were taken away, in folders that are still there. */
export function restoreLinks(target: string, links: OutwardLinks): void {
  for (const [path, text] of Object.entries(links)) {
    const place = join(target, path);
    try {
      symlinkSync(text, place);
    } catch {
      // Its folder was purged, or is one of another command, where nobody may write.
    }
  }
}

/** Where build scripts write: what is given to them, and what they find beside the folders that cargo makes. */
function* scriptFolders(target: string): Generator<string> {
  const profiles = profileDirectories(target);
  for (const profile of profiles) {
    for (const unit of namesIn(join(profile, "build"))) {
      const out = join(profile, "build", unit, "out");
      if (lstatSync(out, { throwIfNoEntry: false })?.isDirectory() === true) yield out;
    }
  }
  const known = new Set([...profiles, ...platformDirectories(target)]);
  for (const name of namesIn(target)) {
    const folder = join(target, name);
    if (!known.has(folder) && lstatSync(folder).isDirectory()) yield folder;
  }
}

function replaceLink(place: string, text: string): void {
  unlinkSync(place);
  symlinkSync(text, place);
}

function copy(from: string, to: string): void {
  if (statSync(from).isDirectory()) copyTree(from, to);
  else copyFile(from, to);
}
