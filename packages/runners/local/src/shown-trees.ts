/**
 * Shown trees: inputs that are bound into a sandbox, and not laid in its input root.
 *
 * A tree that nothing else lies in, and that the command does not start in, is read-only by its mount. A large
 * one is on the disk once, for all commands that use it; a small one lies in the room as ever, and is bound
 * onto itself, so that a command cannot tell the difference.
 *
 * @module
 */
import { entryAt, hollowTree, type Action } from "@ashlar/core";
import type { ArtifactPath, ContentStore, Digest, RunContext } from "@ashlar/core";

import { exceeds, type TreeSize } from "./tree-size.ts";

/** Trees that are bound at most: binds are quadratic. The others are laid, and can be written to. */
const maxTrees = 16;

/** Beyond this, a tree is large. */
const inRoom: TreeSize = { entries: 32, bytes: 256 * 1024 };

/** What becomes of the inputs of an action. */
export interface DividedInputs {
  /** The action and its context with what is to be laid in the room. */
  readonly laid: { readonly action: Action; readonly context: RunContext };
  readonly small: readonly ArtifactPath[];
  readonly large: readonly { readonly path: ArtifactPath; readonly digest: Digest }[];
}

/** Remembers which trees are large: there are few, and many commands use them. */
export class TreeSizes {
  readonly #isLarge = new Map<Digest, boolean>();

  /** Tells a large tree from a small one, without looking at all of it. Rejects with `BLOB_LOST`. */
  async isLarge(content: ContentStore, tree: Digest): Promise<boolean> {
    const known = this.#isLarge.get(tree);
    if (known !== undefined) return known;
    const answer = await exceeds(content, tree, inRoom);
    if (this.#isLarge.size >= 10_000) this.#isLarge.clear();
    this.#isLarge.set(tree, answer);
    return answer;
  }
}

/** Divides the inputs of an action. Rejects with `BLOB_LOST`. */
export async function divideInputs(
  action: Action,
  context: RunContext,
  sizes: TreeSizes,
): Promise<DividedInputs> {
  const { content } = context;
  const paths = action.wholeTrees
    .filter((path) => !`${action.cwd}/`.startsWith(`${path}/`))
    .slice(0, maxTrees);
  const small: ArtifactPath[] = [];
  const large: { path: ArtifactPath; digest: Digest }[] = [];
  for (const path of paths) {
    const entry = await entryAt(content, action.inputRoot, path);
    if (entry?.type !== "directory") continue;
    if (await sizes.isLarge(content, entry.digest)) large.push({ path, digest: entry.digest });
    else small.push(path);
  }
  if (large.length === 0) return { laid: { action, context }, small, large };
  const hollow = await hollowTree(
    content,
    action.inputRoot,
    large.map(({ path }) => path),
  );
  const laid = {
    action: { ...action, inputRoot: hollow.digest },
    context: { ...context, content: hollow.content },
  };
  return { laid, small, large };
}
