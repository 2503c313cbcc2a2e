/**
 * Input roots: artifacts laid at paths become one directory, and nothing may be at the path of another.
 *
 * @module
 */
import { nameOf } from "../artifact/artifact.ts";
import { pathConflict } from "../errors/path-errors.ts";
import type { Mount } from "../graph/command.ts";
import type { Value } from "../runner/runner.ts";
import type { ContentStore } from "../store/store.ts";
import { layTree, type LaidTree, type Meeting } from "./lay.ts";

/** A mount with its content. */
export interface FilledMount extends Mount {
  readonly value: Value;
}

/** Even equal things may not meet: who changes one of them would be surprised. */
const apart: Meeting = {
  settle(place, [first, second]) {
    if (first === undefined || second === undefined) return first === undefined ? [] : [first];
    throw pathConflict(place, nameOf(first.artifact), nameOf(second.artifact));
  },
  blocked: (place, { artifact }, below) => pathConflict(place, nameOf(artifact), nameOf(below)),
};

/**
 * Lays the mounts out.
 *
 * @throws {@link BuildError} `PATH_CONFLICT` when something is already at the path of a mount.
 */
export async function layInputRoot(
  content: ContentStore,
  mounts: readonly FilledMount[],
): Promise<LaidTree> {
  return await layTree(content, mounts, apart);
}
