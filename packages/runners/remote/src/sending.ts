/**
 * Sending: results that were made here, or were here before, go to a remote cache, behind the build's back.
 *
 *     was here before ─▶ is there one there? ─no─┐
 *     made here ─────────────────────────────────┴─▶ what is not there of it: blobs ─▶ trees, Command, Action ─▶ the result
 *
 * Whoever finds a result finds all that it names, so the result comes last. What was run is sent too: services want to
 * see the action that a result is of.
 *
 * @module
 */
import {
  BuildError,
  decodeAction,
  decodeProvenance,
  digestBytes,
  encodeActionResult,
  walkTree,
  type ActionKey,
  type ActionResult,
  type Digest,
} from "@ashlar/core";

import { Outbox, type OutboxParts } from "./outbox.ts";
import { Slots } from "./slots.ts";
import type { Tally } from "./tally.ts";

/** Results that are under way at once. */
const maxResults = 64;

const notTaken = "nothing is taken from us";

/** Messages of what was run, by their digests. */
type Messages = ReadonlyMap<Digest, Uint8Array>;

/** The build that something is sent for. */
export interface Sender {
  /** Counts it. */
  readonly tally: Tally;
  /** Ends it, when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/** Sends results. */
export class Sending {
  readonly #parts: OutboxParts;
  readonly #outbox: Outbox;
  readonly #slots = new Slots(maxResults);
  readonly #underWay = new Set<Promise<void>>();
  /** Results that the cache has, or is being sent, as far as this build knows. */
  readonly #known = new Set<ActionKey>();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#outbox = new Outbox(parts);
  }

  /**
   * Takes a result, and returns at once.
   */
  send(key: ActionKey, result: ActionResult, { tally, signal }: Sender): void {
    if (!this.#parts.cache.isOpen("write")) return;
    this.#known.add(key);
    const messages = messagesOf(key, result);
    if (typeof messages === "string") return tally.keptBack(messages);
    this.#take(signal, async () => await this.#send(key, result, messages, { tally }));
  }

  /**
   * Takes a result that was here before, and returns at once. It is sent if the cache has none.
   *
   * @param read - Gives the result, if it is still here.
   */
  offer(
    key: ActionKey,
    read: () => Promise<ActionResult | undefined>,
    { tally, signal }: Sender,
  ): void {
    if (this.#known.has(key) || !this.#parts.cache.isOpen("write")) return;
    this.#known.add(key);
    this.#take(signal, async () => await this.#sendIfMissing(key, read, tally));
  }

  /** Notes that the cache has a result, so that it need not be offered one. */
  leave(key: ActionKey): void {
    this.#known.add(key);
  }

  /** Forgets what the cache has: a build begins. */
  forget(): void {
    this.#known.clear();
  }

  /** Resolves when all that was taken so far is there, or has failed. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #take(signal: AbortSignal, work: () => Promise<void>): void {
    const sent = this.#slots.use(signal, work).catch(() => {});
    this.#underWay.add(sent);
    void sent.finally(() => this.#underWay.delete(sent));
  }

  async #sendIfMissing(
    key: ActionKey,
    read: () => Promise<ActionResult | undefined>,
    tally: Tally,
  ): Promise<void> {
    const { cache } = this.#parts;
    // What is wrong with a look-up is counted there, and then nobody knows that the result is missing.
    if (!(await cache.canWrite())) return tally.keptBack(notTaken);
    if ((await cache.lookUp(key)) !== undefined) return;
    const result = await read();
    if (result === undefined) return;
    const messages = messagesOf(key, result);
    if (typeof messages === "string") return tally.keptBack(messages);
    await this.#send(key, result, messages, { tally, mayBePart: true });
  }

  /** @param mayBePart - Whether it is no failure that blobs of it are not here. */
  async #send(
    key: ActionKey,
    result: ActionResult,
    messages: Messages,
    { tally, mayBePart = false }: { readonly tally: Tally; readonly mayBePart?: boolean },
  ): Promise<void> {
    const { cache } = this.#parts;
    try {
      if (!(await cache.canWrite())) return tally.keptBack(notTaken);
      await this.#outbox.send(await this.#blobsOf(result), tally);
      const trees = result.directories.map(({ treeDigest }) => treeDigest);
      await this.#outbox.send([...trees, ...messages.keys()], tally, messages);
      await cache.putResult(key, encodeActionResult(result, { emptyRoots: false }));
      tally.sentResults++;
    } catch (error) {
      const isPart = error instanceof BuildError && error.code === "BLOB_LOST" && mayBePart;
      if (isPart) return tally.keptBack("not all of it is here");
      const isCounted = error instanceof BuildError && error.code.startsWith("REMOTE_");
      // A blob that is gone by now, or a disk that is full: the build is not about this.
      if (!isCounted && cache.isOpen("write")) tally.failed(error);
    }
  }

  /**
   * All that a result names, but its trees: also their directories, for there are services that take a tree for
   * incomplete without them, or a result that names a root.
   */
  async #blobsOf({ stdout, stderr, files, directories }: ActionResult): Promise<Set<Digest>> {
    const blobs = new Set([stdout, stderr, ...files.map(({ digest }) => digest)]);
    for (const { rootDigest } of directories) {
      blobs.add(rootDigest);
      for await (const { entry } of walkTree(this.#parts.content, rootDigest)) {
        if (entry.type !== "symlink") blobs.add(entry.digest);
      }
    }
    return blobs;
  }
}

/** What was run to make a result; or why the result is not to be sent, in words. */
function messagesOf(key: ActionKey, { provenance }: ActionResult): Messages | string {
  if (provenance === undefined) return "what was run is not known";
  const { command, action } = decodeProvenance(provenance);
  if (digestBytes(action) !== key) return "what was run is not known";
  const { doNotCache, salt, commandDigest } = decodeAction(action);
  if (doNotCache === true) return "the command has side effects";
  // No value of it is in the result. But whoever may read the cache need not be one who may see what it opens.
  if (salt.split("\n").some((line) => line.startsWith("secret ")))
    return "the command has a secret";
  return new Map([
    [commandDigest, command],
    [key, action],
  ]);
}
