/**
 * Files that cargo gives a second name, right in the folder of their profile: what members are built into.
 *
 *     debug/deps/libfoo-6faf04db714a2984.rlib  ◀──one file──▶  debug/libfoo.rlib
 *
 * Among built dependencies there are such files where a member is kept, for an external crate stands on it. They cannot be
 * links: a link gets the second name as it is, and leads nowhere from there.
 *
 * @module
 */
import type { Locals } from "./locals.ts";

/** Tells them by their paths in a target directory. */
export function upliftedFiles({ packages }: Pick<Locals, "packages">): (path: string) => boolean {
  const members = packages.filter(({ isMember, isKept }) => isMember && isKept);
  const names = members.flatMap(({ targets }) => targets.map(({ name }) => name));
  const stems = new Set(names.flatMap((name) => [name, `lib${name}`]).map(underscored));
  return (path) => {
    const [, stem = ""] = /(?:^|\/)deps\/([^/]+)-[0-9a-f]{16}(?:\.[^/]*)?$/.exec(path) ?? [];
    return stems.has(underscored(stem));
  };
}

/** As crates are called in code, and most of their files. */
function underscored(name: string): string {
  return name.replaceAll("-", "_");
}
