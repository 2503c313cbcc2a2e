/**
 * Caches in the input root of a command: links to directories that survive it.
 *
 * A link, and not the directory itself moved there and back: so a build that is killed leaves the cache in
 * its place. Programs that ask where they really are see the difference, and one that removes the link and
 * makes a directory of its own in its place leaves the cache as it was.
 *
 * @module
 */
import { mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Action, RunContext } from "@ashlar/core";

/** Lays the caches of an action into its input root. */
export async function layCaches(
  root: string,
  { caches }: Action,
  directories: RunContext["caches"],
): Promise<void> {
  for (const { name, path } of caches) {
    const directory = directories?.get(name);
    if (directory === undefined) throw new Error(`bug: no directory for the cache \`${name}\``);
    const place = join(root, path);
    await mkdir(dirname(place), { recursive: true });
    await symlink(directory, place);
  }
}

/** Paths that the command wrote, without the places of caches, which it did not. */
export function besideCaches(written: readonly string[], { caches }: Action): string[] {
  return written.filter((path) => !caches.some((cache) => cache.path === path));
}
