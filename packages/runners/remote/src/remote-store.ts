/**
 * A store with a remote cache behind it: what others have built is found, and fetched when it is needed.
 *
 *               ┌─▶ the store on this machine
 *     build ────┤         ▲ fetched         │ sent
 *               └─▶ the remote cache ◀──────┘
 *
 * Everything else, notes, claims, caches of commands, is that of the machine. The cache is a convenience: a build
 * without it gives the same, so nothing that is wrong with it ends one.
 *
 * @module
 */
import { setMaxListeners } from "node:events";

import {
  blobLost,
  DiskStore,
  emptyDigest,
  invalidOption,
  untilAborted,
  walkTree,
  type ActionCache,
  type ActionKey,
  type ActionResult,
  type CacheKeeper,
  type Claims,
  type ContentStore,
  type Digest,
  type Environment,
  type FoundOutput,
  type Notes,
  type RemoteCacheUse,
  type ServedBuild,
  type Store,
  type StoreService,
} from "@ashlar/core";

import { Fetching } from "./fetching.ts";
import { Inquiry } from "./inquiry.ts";
import { PatientCache } from "./patient-cache.ts";
import { Presence } from "./presence.ts";
import { PromisedTrees } from "./promised-trees.ts";
import { RemoteActions } from "./remote-actions.ts";
import type { RemoteCache } from "./remote-cache.ts";
import { RemoteContent } from "./remote-content.ts";
import { Sending } from "./sending.ts";
import { Tally } from "./tally.ts";

/** How a remote cache is used. */
export interface RemoteOptions {
  /**
   * Whether results that are made here are sent. `"auto"`: in a CI only, which is what `CI` in the environment says.
   *
   * @defaultValue "auto"
   */
  readonly write?: boolean | "auto";
  /**
   * Which results are sent, where results are:
   *
   * - `"ran"`: those of the commands that a build has run.
   * - `"used"`: those, and all that it has reused and the cache has not, whoever made them. A store that was there first
   *   fills a new cache so, at the price of a look-up for each of them.
   *
   * @defaultValue "ran"
   */
  readonly send?: "ran" | "used";
  /**
   * Which blobs are fetched of a result that is found there:
   *
   * - `"needed"`: those that a command, a reader or an export needs, when it does.
   * - `"targets"`: those, and all that the build was asked for. When it is over, that is on this machine.
   * - `"all"`: all, before the result counts. Whatever was built can be built on without the cache.
   *
   * @defaultValue "targets"
   */
  readonly fetch?: "all" | "needed" | "targets";
  /** How long a look-up of a result may take, in milliseconds. @defaultValue 2000 */
  readonly lookUpMs?: number;
  /**
   * How long nothing may be heard of the cache while blobs travel, in milliseconds. It is asked whether it is there after a
   * third of that; one that is, and is busy, is waited for up to half a minute, if it has brought something before, and
   * otherwise for five thirds of that.
   *
   * @defaultValue 3000
   */
  readonly silenceMs?: number;
  /** Where `CI` is looked for. @defaultValue the process's own */
  readonly env?: Environment;
  /** From 0 to 1, without 1: so that not all who were refused come back at once. @defaultValue `Math.random` */
  readonly random?: () => number;
}

/** A store in front of which is a remote cache. To be disposed of when nobody builds with it any more. */
export interface RemoteStore extends Store, AsyncDisposable {
  /** What the cache did for the last build, or does for this one; `undefined` when there is nothing to tell. */
  summary(): RemoteCacheUse | undefined;
}

/**
 * Puts a remote cache behind a store.
 *
 * @param store - On this machine: a store, or the directory of one.
 * @throws {@link BuildError} `INVALID_OPTION`.
 * @example
 * ```ts
 * await using store = withRemote(".ashlar", sharedFolder("/mnt/team/ashlar"));
 * await build(app, { runner, store });
 * ```
 */
export function withRemote(
  store: Store | string,
  cache: RemoteCache,
  options: RemoteOptions = {},
): RemoteStore {
  const { write = "auto", send = "ran", fetch = "targets", env = process.env } = options;
  if (![true, false, "auto"].includes(write)) {
    throw invalidOption("write", JSON.stringify(write), 'true, false or "auto"');
  }
  if (!["ran", "used"].includes(send)) {
    throw invalidOption("send", JSON.stringify(send), '"ran" or "used"');
  }
  if (!["all", "needed", "targets"].includes(fetch)) {
    throw invalidOption("fetch", JSON.stringify(fetch), '"needed", "targets" or "all"');
  }
  const local = typeof store === "string" ? new DiskStore(store) : store;
  const patience = {
    lookUpMs: positive("lookUpMs", options.lookUpMs ?? 2000),
    silenceMs: positive("silenceMs", options.silenceMs ?? 3000),
    random: options.random ?? Math.random,
  };
  const isWriting = write === "auto" ? isCi(env) : write;
  return new StoreWithRemote(local, new PatientCache(cache, patience), { isWriting, send, fetch });
}

interface Policy {
  readonly isWriting: boolean;
  readonly send: NonNullable<RemoteOptions["send"]>;
  readonly fetch: NonNullable<RemoteOptions["fetch"]>;
}

/** The store, as one build uses it. */
interface View {
  readonly tally: Tally;
  readonly content: RemoteContent;
  readonly actions: RemoteActions;
}

class StoreWithRemote implements RemoteStore {
  readonly #local: Store;
  readonly #cache: PatientCache;
  readonly #policy: Policy;
  readonly #presence = new Presence();
  readonly #trees: PromisedTrees;
  readonly #inquiry: Inquiry;
  readonly #fetching: Fetching;
  readonly #sending: Sending;
  /** For whoever uses it outside of a build. */
  readonly #usual: View;
  /** For the last build, or the one that goes on. */
  #last: View;
  /** Builds that are under way. */
  #builds = 0;
  /** Ends what is sent for builds that have been cancelled, all of them. */
  #cancelled = new AbortController();

  constructor(local: Store, cache: PatientCache, policy: Policy) {
    this.#local = local;
    this.#cache = cache;
    this.#policy = policy;
    const presence = this.#presence;
    const inquiry = (this.#inquiry = new Inquiry(cache));
    this.#fetching = new Fetching(cache, local.content, presence);
    this.#trees = new PromisedTrees(cache, presence);
    this.#sending = new Sending({ cache, content: local.content, presence, inquiry });
    this.#usual = this.#view();
    this.#last = this.#usual;
    cache.join(this.#usual.tally);
  }

  #view(others?: View): View {
    const [local, cache, policy] = [this.#local, this.#cache, this.#policy];
    const tally = new Tally();
    const parts = { cache, tally, presence: this.#presence, trees: this.#trees };
    const [inquiry, fetching] = [this.#inquiry, this.#fetching];
    const content = new RemoteContent({ ...parts, local: local.content, inquiry, fetching });
    const actions = new RemoteActions(
      {
        ...{ ...parts, local: local.actions, content },
        isEager: policy.fetch === "all",
        isServing: () => this.#builds > 0,
        send: (key, result) => {
          const { signal } = this.#cancelled;
          if (policy.isWriting) this.#sending.send(key, result, { tally, signal });
        },
        found: (key) => this.#sending.leave(key),
      },
      others?.actions,
    );
    return { tally, content, actions };
  }

  get content(): ContentStore {
    return this.#usual.content;
  }

  get actions(): ActionCache {
    return this.#usual.actions;
  }

  get notes(): Notes | undefined {
    return this.#local.notes;
  }

  get directory(): string | undefined {
    return this.#local.directory;
  }

  get caches(): CacheKeeper | undefined {
    return this.#local.caches;
  }

  get claims(): Claims | undefined {
    return this.#local.claims;
  }

  get hold(): (() => Disposable) | undefined {
    return this.#local.hold?.bind(this.#local);
  }

  get markUsed(): ((keys: Iterable<ActionKey>) => void) | undefined {
    return this.#local.markUsed?.bind(this.#local);
  }

  summary(): RemoteCacheUse | undefined {
    return this.#cache.use(this.#last.tally);
  }

  serve({ clock, signal, isFirst }: ServedBuild): StoreService {
    // The first of some builds at once: each of them may learn from the others, and a later one begins anew.
    if (this.#builds === 0) {
      this.#cache.begin(clock);
      this.#presence.forget();
      this.#trees.forget();
      this.#usual.actions.forget();
      this.#sending.forget();
      this.#cancelled = new AbortController();
    }
    this.#builds++;
    const view = this.#view(this.#usual);
    const { tally, content, actions } = view;
    this.#last = view;
    this.#cache.join(tally);
    // Most of what it will be asked for is not here; it can be reached while sources are read.
    if (isFirst) this.#cache.open();
    // Each target that is fetched listens to it.
    setMaxListeners(0, signal);
    let isOver = false;
    const cancel = (): void => {
      if (this.#builds === 1) this.#cancel(signal.reason);
    };
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    return {
      store: this.#as(view),
      secure: async (outputs) => {
        const secured = Promise.all([this.#secure(content, outputs), actions.kept()]);
        await this.#cache.wait(untilAborted(secured, signal));
      },
      finish: async (reused = []) => {
        // What cannot be kept is no loss but of time.
        await actions.kept().catch(() => {});
        if (!isOver) this.#offer(reused, tally);
        if (!isOver)
          await this.#cache.wait(untilAborted(this.#sending.idle(), signal)).catch(() => {});
        if (!isOver) this.#builds--;
        isOver = true;
        signal.removeEventListener("abort", cancel);
        const use = this.#cache.use(tally);
        // The last one is told also of what comes of reading its report.
        if (view !== this.#last) this.#cache.leave(tally);
        // Whoever reads a report of it may still need the cache.
        if (signal.aborted && this.#builds === 0) this.#cache.begin(clock);
        return use;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sending.idle();
    await this.#cache[Symbol.asyncDispose]();
  }

  /** Lets a cache have what it lacks of that which was here. */
  #offer(keys: Iterable<ActionKey>, tally: Tally): void {
    if (!this.#policy.isWriting || this.#policy.send !== "used") return;
    for (const key of keys) {
      const read = async (): Promise<ActionResult | undefined> =>
        await this.#local.actions.get(key);
      this.#sending.offer(key, read, { tally, signal: this.#cancelled.signal });
    }
  }

  /** The store with the halves of a view. */
  #as({ content, actions }: View): Store {
    const { notes, directory, caches, claims, hold, markUsed } = this;
    return { content, actions, notes, directory, caches, claims, hold, markUsed };
  }

  #cancel(reason: unknown): void {
    this.#cancelled.abort(reason);
    this.#cache.end(reason);
  }

  /** Fetches what was asked for, or at least makes sure that it is still there. */
  async #secure(content: RemoteContent, outputs: Iterable<FoundOutput>): Promise<void> {
    const wanted = new Set<Digest>();
    const add = async ({ kind, digest }: FoundOutput): Promise<void> => {
      if (kind === "file") return void wanted.add(digest);
      for await (const { entry } of walkTree(content, digest)) {
        if (entry.type === "file") wanted.add(entry.digest);
      }
    };
    await Promise.all(Array.from(outputs, add));
    wanted.delete(emptyDigest);
    const absent = await content.missingHere(wanted);
    if (absent.length === 0) return;
    if (this.#policy.fetch !== "needed") return await content.fetch(absent);
    const unseen = absent.filter((digest) => !this.#presence.isSeen(digest));
    const missing = await this.#inquiry.missing(unseen).catch(() => unseen);
    for (const digest of missing) this.#presence.lose(digest);
    const first = missing[0] ?? unseen.find((digest) => this.#presence.isMissed(digest));
    if (first !== undefined) throw blobLost(first, "neither the store nor the remote cache has it");
    this.#presence.see(unseen);
  }
}

/** Whether the environment is that of a CI. All that we know say so. */
function isCi(env: Environment): boolean {
  return !["", "0", "false"].includes((env["CI"] ?? "").toLowerCase());
}

function positive(name: string, ms: number): number {
  if (typeof ms === "number" && ms > 0) return ms;
  throw invalidOption(name, String(ms), "a number of milliseconds, more than 0");
}
