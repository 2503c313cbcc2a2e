/**
 * Sources of one build: each directory taken into the store once, before anything runs.
 *
 * @module
 */
import * as fs from "node:fs";
import { resolve } from "node:path";

import type { SourceOrigin } from "../artifact/handle.ts";
import { sourceMissing, sourceNotDirectory, sourceUnreadable } from "../errors/catalogue.ts";
import type { Value } from "../runner/runner.ts";
import { snapshot } from "../store/snapshot.ts";
import type { ContentStore } from "../store/store.ts";

/** The snapshots of a build. */
export class Sources {
  readonly #content: ContentStore;
  readonly #cwd: string;
  readonly #signal: AbortSignal;
  /** By question: two handles that ask for the same get the same snapshot. */
  readonly #values = new Map<string, Value>();

  constructor(content: ContentStore, cwd: string, signal: AbortSignal) {
    this.#content = content;
    this.#cwd = cwd;
    this.#signal = signal;
  }

  /** The snapshot of a source, if it was taken. */
  find(origin: SourceOrigin): Value | undefined {
    return this.#values.get(this.#question(origin));
  }

  /**
   * Takes a source, unless it was taken already.
   *
   * @throws {@link BuildError} `SOURCE_MISSING`, `SOURCE_NOT_DIRECTORY`, or an error of the snapshot.
   */
  async take(origin: SourceOrigin): Promise<Value> {
    const known = this.find(origin);
    if (known !== undefined) return known;
    const directory = resolve(this.#cwd, origin.location);
    checkDirectory(directory);
    const options = { filter: origin.filter, signal: this.#signal };
    const digest = await snapshot(this.#content, directory, options);
    const value: Value = { kind: "tree", digest };
    this.#values.set(this.#question(origin), value);
    return value;
  }

  /** Takes a source again whose blobs were lost. What has changed since stays as it was taken. */
  async restore(origin: SourceOrigin): Promise<void> {
    const directory = resolve(this.#cwd, origin.location);
    await snapshot(this.#content, directory, { filter: origin.filter, signal: this.#signal });
  }

  #question({ location, filter }: SourceOrigin): string {
    const { include, exclude, gitignore } = filter;
    return JSON.stringify([resolve(this.#cwd, location), include, exclude, gitignore]);
  }
}

function checkDirectory(directory: string): void {
  let stats: fs.Stats | undefined;
  try {
    stats = fs.statSync(directory, { throwIfNoEntry: false });
  } catch (error) {
    throw sourceUnreadable(directory, error);
  }
  if (stats === undefined) throw sourceMissing(directory);
  if (!stats.isDirectory()) throw sourceNotDirectory(directory);
}
