/**
 * A store that loses, is slow, or is full, when the test says so.
 *
 * Nothing of it is there before: without a fault it is the store that it stands before.
 *
 * @module
 */
import {
  blobLost,
  MemoryStore,
  storeUnwritable,
  systemClock,
  type ActionCache,
  type ActionKey,
  type ActionResult,
  type CacheKeeper,
  type Claims,
  type Clock,
  type ContentStore,
  type Digest,
  type Notes,
  type Store,
} from "@ashlar/core";

/** What a faulty store stands before, and its time. */
export interface FaultyStoreOptions {
  /** @defaultValue a store in memory */
  readonly store?: Store;
  /** On which a slow disk takes its time. @defaultValue the machine's */
  readonly clock?: Clock;
}

/** A store with faults in the hand of a test. */
export class FaultyStore implements Store {
  readonly directory: string | undefined;
  readonly content: ContentStore;
  readonly actions: ActionCache;
  readonly notes: Notes;
  readonly caches?: CacheKeeper;
  readonly claims?: Claims;
  readonly #store: Store;
  readonly #clock: Clock;
  /** Blobs that are not there, and those that turn out to be damaged. */
  readonly #evicted = new Set<Digest>();
  readonly #damaged = new Set<Digest>();
  /** What was written since results were lost; `undefined` as long as none were. */
  #kept: Set<string> | undefined;
  #delayMs = 0;
  /** Bytes for which there is room. */
  #room = Infinity;

  constructor({ store = new MemoryStore(), clock = systemClock }: FaultyStoreOptions = {}) {
    this.#store = store;
    this.#clock = clock;
    this.directory = store.directory;
    this.content = this.#faultyContent(store.content);
    this.actions = {
      get: async (key) => {
        await this.#delay();
        return this.#kept?.has(key) === false ? undefined : await store.actions.get(key);
      },
      put: async (key, result) => await this.#put(key, result),
    };
    this.notes = {
      read: (name) => (this.#kept?.has(name) === false ? undefined : store.notes?.read(name)),
      write: (name, bytes) => {
        this.#kept?.add(name);
        store.notes?.write(name, bytes);
      },
    };
    if (store.caches !== undefined) this.caches = store.caches;
    if (store.claims !== undefined) this.claims = store.claims;
  }

  hold(): Disposable {
    return this.#store.hold?.() ?? { [Symbol.dispose]: () => {} };
  }

  markUsed(keys: Iterable<ActionKey>): void {
    this.#store.markUsed?.(keys);
  }

  /** Drops a blob, as a collection of garbage elsewhere might. */
  evict(digest: Digest): void {
    this.#evicted.add(digest);
  }

  /** Alters a blob. That shows when it is read: until then it seems to be there. */
  corrupt(digest: Digest): void {
    this.#damaged.add(digest);
  }

  /** Loses all results, and what builds have noted of them. Blobs stay. */
  loseActionCache(): void {
    this.#kept = new Set();
  }

  /** Lets every reading and writing take time, in milliseconds; 0 for none. */
  slowDown(ms: number): void {
    this.#delayMs = ms;
  }

  /** Leaves room for so many more bytes; whatever is beyond rejects with `STORE_UNWRITABLE`. */
  fillUp(roomBytes = 0): void {
    this.#room = roomBytes;
  }

  #faultyContent(content: ContentStore): ContentStore {
    const isGone = (digest: Digest): boolean => this.#evicted.has(digest);
    const check = async (digest: Digest): Promise<void> => {
      await this.#delay();
      if (this.#damaged.delete(digest)) this.#evicted.add(digest);
      if (isGone(digest)) throw blobLost(digest, "it is not there");
    };
    return {
      missing: async (digests) => {
        await this.#delay();
        const asked = [...digests];
        return [...new Set([...asked.filter(isGone), ...(await content.missing(asked))])];
      },
      read: async (digest) => {
        await check(digest);
        return await content.read(digest);
      },
      write: async (bytes) => {
        await this.#take(bytes.byteLength);
        return this.#heal(await content.write(bytes));
      },
      writeFile: async (path) => {
        await this.#take(0);
        return this.#heal(await content.writeFile(path));
      },
      copyTo: async (digest, path, mode) => {
        await check(digest);
        await content.copyTo(digest, path, mode);
      },
    };
  }

  /** What is written again is there again. */
  #heal(digest: Digest): Digest {
    this.#evicted.delete(digest);
    this.#damaged.delete(digest);
    return digest;
  }

  async #put(key: ActionKey, result: ActionResult): Promise<void> {
    await this.#take(0);
    this.#kept?.add(key);
    await this.#store.actions.put(key, result);
  }

  async #take(bytes: number): Promise<void> {
    await this.#delay();
    if (this.#room === Infinity) return;
    this.#room -= bytes;
    if (this.#room > 0) return;
    this.#room = 0;
    throw storeUnwritable("the mocked store", new Error("ENOSPC: no space left on device, write"));
  }

  async #delay(): Promise<void> {
    if (this.#delayMs === 0) return;
    using _ = this.#clock.activity?.rest();
    await new Promise<void>((resolve) => {
      this.#clock.after(this.#delayMs, resolve);
    });
  }
}
