/**
 * Promised trees: trees of which only digests are here, that of the root and that of the `Tree` which holds them whole.
 *
 *     a result ──▶ promised ──▶ somebody looks ──▶ the `Tree` comes ──▶ unpacked: its directories are here
 *                                                        └──▶ broken: it is not to be had, or has another root
 *
 * For the key of who uses a tree its digest is enough, so to look is a round trip that most builds never need. What
 * is broken is missing, and lost for whoever looks: what made the tree runs again.
 *
 * @module
 */
import {
  blobLost,
  BuildError,
  digestBytes,
  emptyDigest,
  type ActionResult,
  type ContentStore,
  type Digest,
} from "@ashlar/core";

import { remoteUnfit } from "./errors.ts";
import { readTree } from "./execution/trees.ts";
import type { PatientCache } from "./patient-cache.ts";
import type { Presence } from "./presence.ts";
import { keepDirectories, unpackTree, type UnpackedTree } from "./tree-blobs.ts";

type OutputDirectory = Omit<ActionResult["directories"][number], "path">;

/** The `Tree` of a directory with nothing in it: a root without a byte. */
const emptyTree = digestBytes(Buffer.of(0x0a, 0));

/** Whether a result says what the root of a directory is. What it leaves out is read as the empty one. */
export function isRootSaid({ rootDigest, treeDigest }: OutputDirectory): boolean {
  return rootDigest !== emptyDigest || treeDigest === emptyTree;
}

/** Trees that somebody has promised to a store. They are known by their roots. */
export class PromisedTrees {
  readonly #cache: PatientCache;
  readonly #presence: Presence;
  /** The `Tree` of each, as far as one was named. */
  readonly #trees = new Map<Digest, Digest>();
  /** Those that nobody has looked into. */
  readonly #unseen = new Set<Digest>();
  readonly #unpacking = new Map<Digest, Promise<void>>();
  /** Those that could not be had in this build: they are not asked for a second time. */
  readonly #broken = new Set<Digest>();
  /** Directories that somebody wanted to read in this build, and nobody knew in which tree they are. */
  readonly #astray = new Set<Digest>();
  /** Which `Tree`s are not those of a root, though a result has said so: `<root> <tree>`. That never changes. */
  readonly #wrong = new Set<string>();

  constructor(cache: PatientCache, presence: Presence) {
    this.#cache = cache;
    this.#presence = presence;
  }

  /** What was not to be had may be so by now: a build begins. */
  forget(): void {
    this.#broken.clear();
    this.#astray.clear();
  }

  /** Somebody has lost something: nobody's word is taken for the trees so far, and who wants to know looks. */
  doubt(): void {
    this.#unseen.clear();
  }

  /** Takes the word of a result for a tree. */
  promise({ rootDigest, treeDigest }: OutputDirectory): void {
    if (this.isFalse({ rootDigest, treeDigest })) return;
    this.#trees.set(rootDigest, treeDigest);
    this.#unseen.add(rootDigest);
    this.#astray.delete(rootDigest);
  }

  /**
   * Notes a directory that is not here, of a tree that nobody has promised. It is missing, so that the result which has
   * it is looked at, and promises the tree.
   */
  stray(directory: Digest): void {
    this.#astray.add(directory);
  }

  isAstray(directory: Digest): boolean {
    return this.#astray.has(directory);
  }

  /** Whether what a result says of a tree has turned out not to be so. */
  isFalse({ rootDigest, treeDigest }: OutputDirectory): boolean {
    return this.#wrong.has(`${rootDigest} ${treeDigest}`);
  }

  /** Whether there is reason to think that a tree can be had, though it is not here. */
  isLikely(root: Digest): boolean {
    const tree = this.#trees.get(root);
    if (tree === undefined || this.#broken.has(root) || this.#presence.isMissed(tree)) return false;
    return this.#cache.isOpen("read");
  }

  /** Whether nobody has looked into it: then that is all that is known. */
  isUnseen(root: Digest): boolean {
    return this.#unseen.has(root) && this.isLikely(root);
  }

  /** Whether it is known where a tree is to be had from. */
  has(root: Digest): boolean {
    return this.#trees.has(root);
  }

  /**
   * Sees to it that the directories of a tree are here. Rejects with `BLOB_LOST`, or `STORE_UNWRITABLE`.
   *
   * @param content - Where `Tree`s are read from, and directories written to.
   */
  async unpack(root: Digest, content: ContentStore): Promise<void> {
    const known = this.#unpacking.get(root);
    if (known !== undefined) return await known;
    const unpacking = this.#unpack(root, content);
    this.#unpacking.set(root, unpacking);
    try {
      await unpacking;
    } finally {
      this.#unpacking.delete(root);
    }
  }

  /**
   * Fetches a tree, whether its root is known or not, and keeps its directories. Rejects with `BLOB_LOST`, or
   * `STORE_UNWRITABLE`.
   */
  async fetch(directory: OutputDirectory, content: ContentStore): Promise<UnpackedTree> {
    const unpacked = unpackedAs(directory, await content.read(directory.treeDigest));
    if (typeof unpacked === "string") throw this.#refute(directory, unpacked);
    await keepDirectories(content, unpacked);
    return unpacked;
  }

  async #unpack(root: Digest, content: ContentStore): Promise<void> {
    const tree = this.#trees.get(root);
    if (tree === undefined || this.#broken.has(root)) throw blobLost(root, "its tree is lost");
    try {
      const { files } = await this.fetch({ rootDigest: root, treeDigest: tree }, content);
      this.#presence.promise(files);
      this.#unseen.delete(root);
    } catch (error) {
      if (!(error instanceof BuildError) || error.code !== "BLOB_LOST") throw error;
      this.#broken.add(root);
      // Even if its directories were to be had one by one: what makes it again puts the tree right, for everybody.
      if (this.#presence.isLost(tree)) this.#presence.lose(root);
      throw blobLost(root, `its tree is lost: ${String(error.facts["found"])}`);
    }
  }

  /** Counts a `Tree` that is not what a result has said. Returns the error for who wants it. */
  #refute(directory: OutputDirectory, why: string): BuildError {
    const { rootDigest, treeDigest } = directory;
    this.#wrong.add(`${rootDigest} ${treeDigest}`);
    if (this.#trees.get(rootDigest) === treeDigest) this.#trees.delete(rootDigest);
    if (isRootSaid(directory)) this.#presence.lose(rootDigest);
    this.#cache.tally.failed(remoteUnfit(this.#cache.name, why, "see who wrote it"));
    return blobLost(treeDigest, why);
  }
}

/** What a `Tree` holds; or what is wrong with it, as that of a directory. */
function unpackedAs(directory: OutputDirectory, message: Buffer): UnpackedTree | string {
  try {
    const tree = unpackTree(message);
    if (tree === undefined) return "a tree of a result is not whole";
    if (!isRootSaid(directory) || tree.root === directory.rootDigest) return tree;
    // Some services write otherwise than we do. Who has read it before may have said what the root would be.
    const { digest: root, directories, files } = readTree(message);
    const isSame = root === directory.rootDigest;
    return isSame
      ? { root, directories, files }
      : "a tree of a result has another root than it says";
  } catch (error) {
    if (error instanceof BuildError) return "a tree of a result cannot be read";
    throw error;
  }
}
