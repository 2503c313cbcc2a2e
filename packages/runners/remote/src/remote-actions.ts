/**
 * Action results with a remote cache behind them: looked for here first, then there.
 *
 *     here? ─yes─▶ its directories are here, or are taken from its trees
 *       └─no─▶ there? ─yes─▶ its trees are fetched ─▶ kept here ─▶ its blobs are promised
 *
 * @module
 */
import {
  BuildError,
  decodeActionResult,
  emptyDigest,
  type ActionCache,
  type ActionKey,
  type ActionResult,
  type Digest,
} from "@ashlar/core";

import { remoteUnfit } from "./errors.ts";
import type { RemoteContent, RemoteContentParts } from "./remote-content.ts";
import { keepDirectories, unpackTree } from "./tree-blobs.ts";

/** What such a cache is made of. */
export interface RemoteActionsParts extends Pick<RemoteContentParts, "cache" | "presence"> {
  readonly local: ActionCache;
  readonly content: RemoteContent;
  /** Whether all that a result names is fetched before it counts. */
  readonly isEager: boolean;
  /** Takes a result that was made here. */
  readonly send: (key: ActionKey, result: ActionResult) => void;
  /** Notes that a result is there. */
  readonly found: (key: ActionKey) => void;
}

/** A result that was found, and all blobs that it names but its directories. */
interface Found {
  readonly result: ActionResult;
  readonly blobs: readonly Digest[];
}

/** Serves results from a store, and from a remote cache those that the store has not. */
export class RemoteActions implements ActionCache {
  readonly #parts: RemoteActionsParts;
  readonly #underWay = new Map<ActionKey, Promise<ActionResult | undefined>>();
  /** Keys of which the cache had nothing in this build: who waits for a turn looks a second time, here. */
  readonly #missed = new Set<ActionKey>();

  constructor(parts: RemoteActionsParts) {
    this.#parts = parts;
  }

  async get(key: ActionKey): Promise<ActionResult | undefined> {
    const { local, cache } = this.#parts;
    const own = await local.get(key);
    if (own !== undefined) {
      await cache.wait(this.#restoreTrees(own));
      return own;
    }
    if (this.#missed.has(key) || !cache.isOpen("read")) return undefined;
    const known = this.#underWay.get(key);
    const looking = known ?? this.#lookUp(key);
    this.#underWay.set(key, looking);
    try {
      return await cache.wait(looking);
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** Forgets what the cache did not have: a build begins. */
  forget(): void {
    this.#missed.clear();
  }

  async put(key: ActionKey, result: ActionResult): Promise<void> {
    await this.#parts.local.put(key, result);
    this.#parts.send(key, result);
  }

  /** What is wrong with a service is told of, and makes a miss. */
  async #lookUp(key: ActionKey): Promise<ActionResult | undefined> {
    const { cache, local } = this.#parts;
    const { tally } = cache;
    const startedAt = cache.clock.now();
    const found = await this.#unlessRemote(async () => await this.#find(key));
    const { startedAt: from = 0, finishedAt: to = 0 } = found?.result ?? {};
    cache.lookedUp(startedAt, found && Math.max(0, to - from));
    if (found === undefined) {
      this.#missed.add(key);
      if (cache.isOpen("read")) tally.misses++;
      return undefined;
    }
    tally.hits++;
    this.#parts.found(key);
    await local.put(key, found.result);
    return found.result;
  }

  async #find(key: ActionKey): Promise<Found | undefined> {
    const { cache, presence, content, isEager } = this.#parts;
    const message = await cache.lookUp(key);
    if (message === undefined) return undefined;
    const found = await this.#complete(decodeActionResult(message));
    // Something of it was found lost in this build: it would only be lost again.
    if (found === undefined || found.blobs.some((each) => presence.isLost(each))) return undefined;
    presence.promise(found.blobs);
    if (isEager) await content.fetch(await this.#absent(found.blobs));
    return found;
  }

  /** Adds what others may have left out of a result; `undefined` when it is of no use. */
  async #complete(result: ActionResult): Promise<Found | undefined> {
    // A result that nobody ran is none.
    if (result.worker === "") return undefined;
    const blobs = [result.stdout, result.stderr, ...result.files.map(({ digest }) => digest)];
    const directories: ActionResult["directories"][number][] = [];
    for (const directory of result.directories) {
      const tree = unpackTree(await this.#parts.content.read(directory.treeDigest));
      if (tree === undefined) {
        const { cache } = this.#parts;
        throw remoteUnfit(cache.name, "a tree of a result is not whole", "see who wrote it");
      }
      await keepDirectories(this.#parts.content, tree);
      directories.push({ ...directory, rootDigest: tree.root });
      blobs.push(...tree.files);
    }
    const wanted = blobs.filter((each) => each !== emptyDigest);
    return { result: { ...result, directories }, blobs: [...new Set(wanted)] };
  }

  /** Directories of a result that is here may have been collected as garbage; nobody else has them. */
  async #restoreTrees({ directories }: ActionResult): Promise<void> {
    const roots = await this.#parts.content.missingHere(
      directories.map(({ rootDigest }) => rootDigest),
    );
    for (const { rootDigest, treeDigest } of directories) {
      if (!roots.includes(rootDigest)) continue;
      await this.#unlessRemote(async () => {
        const tree = unpackTree(await this.#parts.content.read(treeDigest));
        if (tree !== undefined) await keepDirectories(this.#parts.content, tree);
      });
    }
  }

  async #absent(blobs: readonly Digest[]): Promise<Digest[]> {
    return await this.#parts.content.missingHere(blobs);
  }

  /** Does something that a service takes part in. What goes wrong with that is counted, and comes to nothing. */
  async #unlessRemote<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BuildError) || error.code === "STORE_UNWRITABLE") throw error;
      const isCounted = error.code.startsWith("REMOTE_") || error.code === "BLOB_LOST";
      if (!isCounted) {
        const { cache } = this.#parts;
        const hint = "see who else writes results to it";
        cache.tally.failed(remoteUnfit(cache.name, "a result of it cannot be read", hint, error));
      }
      return undefined;
    }
  }
}
