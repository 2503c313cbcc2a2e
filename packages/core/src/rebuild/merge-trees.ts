/**
 * Merging trees, on digests.
 *
 * @module
 */
import { describeOrigin } from "../artifact/artifact.ts";
import { state, type OnConflict } from "../artifact/handle.ts";
import { sizeOf, type Digest } from "../digest/digest.ts";
import { mergeConflict } from "../errors/merge-errors.ts";
import { isSameEntry, type Entry } from "../store/directories.ts";
import type { ContentStore } from "../store/store.ts";
import { layTree, type Laid, type Layer, type Meeting } from "./lay.ts";

/**
 * One tree of all parts. All that it consists of is in the store.
 *
 * @throws {@link BuildError} `PATH_CONFLICT`, or `BLOB_LOST`.
 */
export async function mergeTrees(
  content: ContentStore,
  parts: readonly Laid[],
  onConflict: OnConflict,
): Promise<Digest> {
  const { digest, added } = await layTree(content, parts, meetings[onConflict]);
  for (const message of added.values()) await content.write(message);
  return digest;
}

const blocked: Meeting["blocked"] = (place, layer, below) =>
  mergeConflict(place, shown(layer), `${describeOrigin(below[state].origin)}: a directory`);

const meetings: Readonly<Record<OnConflict, Meeting>> = {
  error: {
    blocked,
    settle(place, layers) {
      const kept: Layer[] = [];
      for (const layer of layers) {
        if (kept.some(({ entry }) => isSameEntry(entry, layer.entry))) continue;
        const [first = layer] = kept;
        if (first !== layer && !areFolders(first, layer))
          throw mergeConflict(place, shown(first), shown(layer));
        kept.push(layer);
      }
      return kept;
    },
  },
  last: {
    blocked,
    settle(_, layers) {
      let kept: Layer[] = [];
      for (const layer of layers) {
        // What comes again counts where it comes last.
        kept = kept.filter(({ entry }) => !isSameEntry(entry, layer.entry));
        const [first = layer] = kept;
        kept = areFolders(first, layer) ? [...kept, layer] : [layer];
      }
      return kept;
    },
  },
};

function areFolders(a: Layer, b: Layer): boolean {
  return a.entry.type === "directory" && b.entry.type === "directory";
}

/** Whose it is, and what: `source src: a file of 12 bytes`. */
function shown({ entry, artifact }: Layer): string {
  return `${describeOrigin(artifact[state].origin)}: ${describeEntry(entry)}`;
}

function describeEntry(entry: Entry): string {
  switch (entry.type) {
    case "file": {
      const what = entry.isExecutable ? "an executable file" : "a file";
      return `${what} of ${sizeOf(entry.digest)} bytes, ${entry.digest.slice(0, 8)}`;
    }
    case "directory":
      return "a directory";
    case "symlink":
      return `a link to ${entry.target}`;
  }
}
