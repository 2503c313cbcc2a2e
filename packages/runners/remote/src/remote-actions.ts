/**
 * Action results with a remote cache behind them: looked for here first, then there.
 *
 *     here? ─yes─▶ its trees are here, or promised
 *       └─no─▶ there? ─yes─▶ its blobs and trees are promised ─▶ kept here, when there is time
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
import { Keeping } from "./keeping.ts";
import { isRootSaid } from "./promised-trees.ts";
import { clientOf } from "./ran-by.ts";
import type { RemoteContent, RemoteContentParts } from "./remote-content.ts";
import type { Tally } from "./tally.ts";
import { Turns } from "./turns.ts";
import { takeWorkerResult } from "./worker-result.ts";

/** What such a cache is made of. */
export interface RemoteActionsParts extends Pick<
  RemoteContentParts,
  "cache" | "presence" | "tally" | "trees"
> {
  readonly local: ActionCache;
  readonly content: RemoteContent;
  /** Whether all that a result names is fetched before it counts. */
  readonly isEager: boolean;
  /** Takes a result that was made here. */
  readonly send: (key: ActionKey, result: ActionResult) => void;
  /** Whether somebody will wait for {@link RemoteActions.kept}. */
  readonly isServing: () => boolean;
  /** Notes that a result is there. */
  readonly found: (key: ActionKey) => void;
}

/** A result that was found, and all blobs that it names but its directories, as far as that is known. */
interface Found {
  readonly result: ActionResult;
  readonly blobs: readonly Digest[];
}

/** What is known to all builds of a store at once. */
interface Shared {
  readonly keeping: Keeping;
  readonly turns: Turns;
  /** Look-ups, and the tallies that they are counted in. */
  readonly underWay: Map<ActionKey, LookUp>;
  /** Keys of which the cache had nothing in this build: who waits for a turn looks a second time, here. */
  readonly missed: Set<ActionKey>;
}

interface LookUp {
  readonly result: Promise<ActionResult | undefined>;
  readonly tallies: Set<Tally>;
}

/** Serves results from a store, and from a remote cache those that the store has not. */
export class RemoteActions implements ActionCache {
  readonly #parts: RemoteActionsParts;
  readonly #shared: Shared;

  /** @param others - Those of another build, which this one learns from. */
  constructor(parts: RemoteActionsParts, others?: RemoteActions) {
    this.#parts = parts;
    this.#shared = others === undefined ? sharedOver(parts.local) : others.#shared;
  }

  async get(key: ActionKey): Promise<ActionResult | undefined> {
    const { local, cache, tally } = this.#parts;
    const { keeping, missed, underWay } = this.#shared;
    const own = keeping.find(key) ?? (await local.get(key));
    if (own !== undefined) {
      await cache.wait(this.#promiseTrees(own));
      return own;
    }
    if (missed.has(key) || !cache.isOpen("read")) return undefined;
    const looking = underWay.get(key) ?? { result: this.#lookUp(key), tallies: new Set() };
    underWay.set(key, looking);
    const isFirst = !looking.tallies.has(tally);
    looking.tallies.add(tally);
    try {
      const found = await cache.wait(looking.result);
      if (isFirst && found !== undefined) tally.hits++;
      else if (isFirst && cache.isOpen("read")) tally.misses++;
      return found;
    } finally {
      underWay.delete(key);
    }
  }

  /** Forgets what the cache did not have: a build begins. */
  forget(): void {
    this.#shared.missed.clear();
  }

  async put(key: ActionKey, result: ActionResult): Promise<void> {
    // One that was found, and was of no use, may still be on its way.
    await this.#shared.keeping.yield(key);
    await this.#parts.local.put(key, result);
    this.#parts.send(key, result);
  }

  /** Resolves when all that was found is in the store. Rejects with `STORE_UNWRITABLE`. */
  async kept(): Promise<void> {
    await this.#shared.keeping.idle();
  }

  /** What is wrong with a service is told of, and makes a miss. */
  async #lookUp(key: ActionKey): Promise<ActionResult | undefined> {
    const { cache, local } = this.#parts;
    const startedAt = cache.clock.now();
    const found = await this.#unlessRemote(async () => await this.#find(key));
    const { startedAt: from = 0, finishedAt: to = 0 } = found?.result ?? {};
    cache.lookedUp(startedAt, found && Math.max(0, to - from));
    if (found === undefined) {
      this.#shared.missed.add(key);
      return undefined;
    }
    this.#parts.found(key);
    if (this.#parts.isServing()) this.#shared.keeping.take(key, found.result);
    else await local.put(key, found.result);
    return found.result;
  }

  async #find(key: ActionKey): Promise<Found | undefined> {
    const { cache, presence, content, trees, isEager } = this.#parts;
    const message = await cache.lookUp(key);
    await this.#shared.turns.next();
    if (message === undefined) return undefined;
    const found = await this.#understood(message);
    if (found === undefined) return undefined;
    // Something of it could not be had in this build: it would only be missed again.
    const isLost = found.blobs.some((each) => presence.isMissed(each));
    if (isLost || found.result.directories.some((each) => trees.isFalse(each))) return undefined;
    presence.promise(found.blobs);
    if (isEager) await content.fetch(await this.#absent(found.blobs));
    return found;
  }

  /** A result of one of our clients, or of a worker of the service; `undefined` when it is of no use. */
  async #understood(message: Uint8Array): Promise<Found | undefined> {
    const { cache, content } = this.#parts;
    const result = decodeActionResult(message);
    const isOurs = clientOf(result.worker) !== undefined;
    if (isOurs || cache.hermeticity === undefined) return await this.#complete(result);
    return await takeWorkerResult(message, cache.hermeticity, content);
  }

  /** Adds what others may have left out of a result; `undefined` when it is of no use. */
  async #complete(result: ActionResult): Promise<Found | undefined> {
    // A result that nobody ran is none.
    if (result.worker === "") return undefined;
    const blobs = [result.stdout, result.stderr, ...result.files.map(({ digest }) => digest)];
    const directories = await Promise.all(
      result.directories.map(async (directory) => {
        const { content, trees, isEager } = this.#parts;
        if (isRootSaid(directory) && !isEager) {
          if (directory.rootDigest !== emptyDigest) blobs.push(directory.treeDigest);
          trees.promise(directory);
          return directory;
        }
        const tree = await trees.fetch(directory, content);
        blobs.push(...tree.files);
        return { ...directory, rootDigest: tree.root };
      }),
    );
    const wanted = blobs.filter((each) => each !== emptyDigest);
    return { result: { ...result, directories }, blobs: [...new Set(wanted)] };
  }

  /**
   * Takes the word of a result that is here for its trees that are not: nobody may ever look into them. They were
   * never fetched, or their directories were collected as garbage; then the `Tree` may be left.
   */
  async #promiseTrees({ directories }: ActionResult): Promise<void> {
    if (directories.length === 0) return;
    const { content, trees } = this.#parts;
    const absent = new Set(
      await content.missingHere(
        directories.flatMap(({ rootDigest, treeDigest }) => [rootDigest, treeDigest]),
      ),
    );
    for (const directory of directories) {
      const { rootDigest, treeDigest } = directory;
      if (!absent.has(rootDigest)) continue;
      trees.promise(directory);
      if (absent.has(treeDigest)) continue;
      await this.#unlessRemote(async () => await trees.unpack(rootDigest, content));
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

function sharedOver(local: ActionCache): Shared {
  const turns = new Turns();
  const keeping = new Keeping(local, turns);
  return { keeping, turns, underWay: new Map(), missed: new Set() };
}
