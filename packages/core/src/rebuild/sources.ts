/**
 * Sources of one build: each directory taken into the store once, before anything runs.
 *
 * @module
 */
import * as fs from "node:fs";
import { join, resolve } from "node:path";

import type { FetchSpec, SourceOrigin } from "../artifact/handle.ts";
import type { Clock } from "../base/clock.ts";
import type { Packer, Unpacker } from "../base/packing.ts";
import type { Digest } from "../digest/digest.ts";
import { sourceMissing, sourceNotDirectory, sourceUnreadable } from "../errors/source-errors.ts";
import type { Value } from "../runner/runner.ts";
import { Fingerprints, type Doubtful } from "../store/fingerprints.ts";
import { patchSnapshot } from "../store/patch-snapshot.ts";
import { snapshot } from "../store/snapshot.ts";
import type { ContentStore } from "../store/store.ts";
import { fetchTree, isTreeThere } from "./fetch-file.ts";

/** What a trace asks about sources: what is in them as it was when the trace was recorded. */
export interface SourceChanges {
  /** True when the whole source is as it was. */
  isUnchanged(origin: SourceOrigin): boolean;
  /** True when the path led to a file then, without any link, and leads to the same content now. */
  isFileUnchanged(origin: SourceOrigin, path: string): boolean;
  /** Text that tells sources apart. */
  questionOf(origin: SourceOrigin): string;
}

/** The snapshots of a build, and how they differ from those of the last. */
export class Sources implements SourceChanges {
  readonly #content: ContentStore;
  readonly #cwd: string;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #omit: string | undefined;
  /** By question: two handles that ask for the same get the same snapshot. */
  readonly #taken = new Map<string, Taken>();
  readonly #remembered = new Map<string, Remembered>();
  readonly #fetching = new Map<string, Promise<Value>>();
  readonly #questions = new Map<SourceOrigin, string>();
  /** Of sources that were taken. */
  readonly #unchanged = new Map<SourceOrigin, boolean>();

  constructor(parts: {
    readonly content: ContentStore;
    readonly cwd: string;
    readonly signal: AbortSignal;
    readonly clock: Clock;
    /** A directory that is part of no source, absolute: the store's own. */
    readonly omit?: string | undefined;
    /** What {@link Sources.pack} wrote in an earlier build. */
    readonly recorded: Unpacker | undefined;
  }) {
    this.#content = parts.content;
    this.#cwd = parts.cwd;
    this.#signal = parts.signal;
    this.#clock = parts.clock;
    this.#omit = parts.omit;
    const count = parts.recorded?.number() ?? 0;
    for (let at = 0; parts.recorded !== undefined && at < count; at++) {
      const question = parts.recorded.string();
      const digest = parts.recorded.string() as Digest;
      this.#remembered.set(question, { digest, seen: Fingerprints.unpack(parts.recorded) });
    }
  }

  /** True when every source that was taken is as it was. */
  get areUnchanged(): boolean {
    return (
      this.#taken.size === this.#remembered.size &&
      [...this.#taken.values()].every(({ isCurrent }) => isCurrent)
    );
  }

  /** The snapshot of a source, if it was taken. */
  find(origin: SourceOrigin): Value | undefined {
    return this.#taken.get(this.questionOf(origin))?.value;
  }

  /**
   * Takes a source, unless it was taken already. Files that are as they were in the last build are not
   * read again.
   *
   * @throws {@link BuildError} `SOURCE_MISSING`, `SOURCE_NOT_DIRECTORY`, or an error of the snapshot; of what is
   *   fetched, `FETCH_FAILED`, `FETCH_UNPINNED` or `FETCH_WRONG_DIGEST`.
   */
  async take(origin: SourceOrigin, signal: AbortSignal = this.#signal): Promise<Value> {
    const question = this.questionOf(origin);
    const known = this.#taken.get(question);
    if (known !== undefined) return known.value;
    if (origin.fetch !== undefined) return await this.#fetch(origin.fetch, question, signal);
    const directory = resolve(this.#cwd, origin.location);
    const remembered = this.#remembered.get(question);
    const takenAt = this.#clock.now();
    const doubtful = remembered?.seen.review(directory);
    const isCurrent = doubtful?.length === 0;
    const { digest, seen } =
      (isCurrent ? remembered : undefined) ??
      (await this.#patch(origin, directory, takenAt, remembered, doubtful)) ??
      (await this.#takeAnew(origin, directory, takenAt, remembered));
    const value: Value = { kind: "tree", digest };
    this.#taken.set(question, { value, seen, isCurrent });
    return value;
  }

  /** Takes a directory of which at most some files are different. Not what follows imports in them. */
  async #patch(
    { modules }: SourceOrigin,
    directory: string,
    takenAt: number,
    remembered: Remembered | undefined,
    doubtful: readonly Doubtful[] | undefined,
  ): Promise<Remembered | undefined> {
    if (remembered === undefined || doubtful === undefined || modules !== undefined)
      return undefined;
    return await patchSnapshot(this.#content, directory, takenAt, remembered, doubtful);
  }

  async #takeAnew(
    origin: SourceOrigin,
    directory: string,
    takenAt: number,
    remembered: Remembered | undefined,
  ): Promise<Remembered> {
    checkDirectory(directory);
    if (origin.file !== undefined) checkFile(join(directory, origin.file));
    const seen = new Fingerprints(takenAt);
    return { digest: await this.#read(origin, remembered?.seen, seen), seen };
  }

  /** Takes a source again whose blobs were lost. What has changed since stays as it was taken. */
  async restore(origin: SourceOrigin): Promise<void> {
    if (origin.fetch !== undefined) return void (await this.#download(origin.fetch, this.#signal));
    await this.#read(origin, undefined, new Fingerprints(this.#clock.now()));
  }

  /** What is asked for twice at once is fetched once. */
  async #fetch(spec: FetchSpec, question: string, signal: AbortSignal): Promise<Value> {
    const underWay = this.#fetching.get(question);
    if (underWay !== undefined) return await underWay;
    const fetching = this.#takeFetched(spec, question, signal);
    this.#fetching.set(question, fetching);
    try {
      return await fetching;
    } finally {
      this.#fetching.delete(question);
    }
  }

  async #takeFetched(spec: FetchSpec, question: string, signal: AbortSignal): Promise<Value> {
    const { digest: earlier } = this.#remembered.get(question) ?? {};
    const isCurrent = earlier !== undefined && (await isTreeThere(this.#content, earlier));
    const digest = isCurrent ? earlier : await this.#download(spec, signal);
    const value: Value = { kind: "tree", digest };
    // There is nothing to look at: the digest says it all.
    const seen = new Fingerprints(this.#clock.now());
    this.#taken.set(question, { value, seen, isCurrent });
    return value;
  }

  async #download(spec: FetchSpec, signal: AbortSignal): Promise<Digest> {
    const context = { content: this.#content, clock: this.#clock, signal };
    return await fetchTree(spec, context);
  }

  async #read(
    { location, filter, file, modules: include }: SourceOrigin,
    known: Fingerprints | undefined,
    seen: Fingerprints,
  ): Promise<Digest> {
    const directory = resolve(this.#cwd, location);
    const options = { signal: this.#signal, known, seen };
    if (file === undefined || include === undefined) {
      return await snapshot(this.#content, directory, { filter, omit: this.#omit, ...options });
    }
    const { takeModules } = await import("./modules/take-modules.ts");
    return await takeModules(this.#content, join(directory, file), { include, ...options });
  }

  isUnchanged(origin: SourceOrigin): boolean {
    // Asked for each stage that has a part of the source.
    const known = this.#unchanged.get(origin);
    if (known !== undefined) return known;
    const question = this.questionOf(origin);
    const digest = this.#taken.get(question)?.value.digest;
    if (digest === undefined) return false;
    const isUnchanged = digest === this.#remembered.get(question)?.digest;
    this.#unchanged.set(origin, isUnchanged);
    return isUnchanged;
  }

  isFileUnchanged(origin: SourceOrigin, path: string): boolean {
    if (this.isUnchanged(origin)) return true;
    const question = this.questionOf(origin);
    const [now, then] = [this.#taken.get(question), this.#remembered.get(question)];
    return now !== undefined && then !== undefined && now.seen.hasSameFile(path, then.seen);
  }

  questionOf(origin: SourceOrigin): string {
    let question = this.#questions.get(origin);
    if (question === undefined && origin.fetch !== undefined) {
      const { sha256, name, isExecutable, urls } = origin.fetch;
      question = JSON.stringify(["fetch", sha256 ?? urls, name, isExecutable]);
      this.#questions.set(origin, question);
    }
    if (question === undefined) {
      const { include, exclude, gitignore } = origin.filter;
      const directory = resolve(this.#cwd, origin.location);
      const parts: unknown[] = [directory, include, exclude, gitignore];
      if (origin.modules !== undefined) parts.push("modules", origin.modules);
      question = JSON.stringify(parts);
      this.#questions.set(origin, question);
    }
    return question;
  }

  /** Writes down what was seen, for the next build. */
  pack(packer: Packer): void {
    packer.number(this.#taken.size);
    for (const [question, { value, seen }] of this.#taken) {
      packer.string(question).string(value.digest);
      seen.pack(packer);
    }
  }
}

/** A snapshot of this build. */
interface Taken {
  readonly value: Value;
  readonly seen: Fingerprints;
  /** Whether all of it was as remembered, so that nothing new was seen. */
  readonly isCurrent: boolean;
}

/** A snapshot of an earlier build. */
interface Remembered {
  readonly digest: Digest;
  readonly seen: Fingerprints;
}

function checkFile(path: string): void {
  if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) throw sourceMissing(path);
}

function checkDirectory(directory: string): void {
  let stats: fs.Stats | undefined;
  try {
    stats = fs.statSync(directory, { throwIfNoEntry: false });
  } catch (error) {
    // Below a file there is nothing. Not every version of Node takes that for an error.
    const isBelowFile = (error as NodeJS.ErrnoException).code === "ENOTDIR";
    throw isBelowFile ? sourceMissing(directory) : sourceUnreadable(directory, error);
  }
  if (stats === undefined) throw sourceMissing(directory);
  if (!stats.isDirectory()) throw sourceNotDirectory(directory);
}
