/**
 * A session: a build file, and what it is built with, for as long as a command takes.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";

import {
  defaultStoreDirectory,
  DiskStore,
  type BuildOptions,
  type Runner,
  type Store,
} from "@ashlar/core";

import { commandLine } from "./errors.ts";
import { countOf, oneOf, type Options } from "./options.ts";
import type { Surroundings } from "./surroundings.ts";
import { findBuildFile, nearestBuildFile } from "./targets/build-file.ts";
import { loadBuildFile } from "./targets/load.ts";
import type { BuildFile } from "./targets/targets.ts";

/** What a command builds with. */
export interface Session extends AsyncDisposable {
  readonly file: BuildFile;
  /** Directory of the build file, absolute: relative sources start there. */
  readonly cwd: string;
  readonly store: Store;
  /** How many commands may run at once, as far as that is known. */
  readonly slots: number;
  /** The options of a build, a plan or a verification, but for events. Makes the runner when first called. */
  ready(): Promise<BuildOptions>;
}

/**
 * Finds and loads the build file, anew if it may have changed since it was loaded.
 *
 * @throws {@link BuildError} as `loadBuildFile` does, `COMMAND_LINE`.
 */
export async function openSession(
  options: Options,
  surroundings: Surroundings,
  { isAnew = false }: { readonly isAnew?: boolean } = {},
): Promise<Session> {
  const { cwd: from } = surroundings;
  const path = findBuildFile(options.file, from);
  // Wrong options are told of before anything is loaded.
  const slots = options.slots === undefined ? undefined : countOf("--slots", options.slots);
  const file = await loadBuildFile(path, { from, isAnew });
  const { settings } = file;
  const cwd = dirname(path);
  const local = storeOf(options, surroundings, file);
  const store = options.remote === false ? local : ((await settings.remote?.(local)) ?? local);
  let runner: Promise<Runner> | undefined;
  return {
    ...{ file, cwd, store },
    slots: slots ?? settings.resources?.["cpu"] ?? availableParallelism(),
    ready: async () => {
      runner ??= makeRunner(options, file, local);
      return {
        ...{ runner: await runner, cwd, store, signal: surroundings.signal },
        keepGoing: options.keepGoing ?? settings.keepGoing ?? false,
        ...(slots !== undefined && { slots }),
        ...(settings.resources !== undefined && { resources: settings.resources }),
      };
    },
    [Symbol.asyncDispose]: async () => {
      const made = await runner?.catch(() => undefined);
      await made?.[Symbol.asyncDispose]();
      // One with a service behind it keeps the process alive.
      if (isDisposable(store)) await store[Symbol.asyncDispose]();
    },
  };
}

function isDisposable(store: Store): store is AsyncDisposable & Store {
  return Symbol.asyncDispose in store;
}

/** The store that is named: by an option, by the build file, by the environment. */
function storeOf(options: Options, surroundings: Surroundings, file: BuildFile): Store {
  const wanted = options.store === undefined ? file.settings.store : undefined;
  if (wanted === undefined) return diskStoreOf(options, surroundings);
  return typeof wanted === "string" ? new DiskStore(resolve(dirname(file.path), wanted)) : wanted;
}

/**
 * The directory of the store that a build here would use, for commands that need no build file: named by an option, by the
 * build file if there is one, by the environment.
 *
 * @throws {@link BuildError} as `loadBuildFile` does; `COMMAND_LINE` when the build file has a store of another kind.
 */
export async function storeHere(options: Options, surroundings: Surroundings): Promise<DiskStore> {
  const path = options.store === undefined ? nearestBuildFile(surroundings.cwd) : undefined;
  if (path === undefined) return diskStoreOf(options, surroundings);
  const file = await loadBuildFile(path, { from: surroundings.cwd });
  const store = storeOf(options, surroundings, file);
  if (store instanceof DiskStore) return store;
  throw commandLine(
    `the store of \`${file.shown}\` is no directory of this machine`,
    "name the directory that you mean with `--store`",
  );
}

/** What has named the store of a session, for people. */
export function storeOrigin(
  { store }: Options,
  { env }: Surroundings,
  { settings, shown }: BuildFile,
): string {
  if (store !== undefined) return "--store";
  if (settings.store !== undefined) return `the settings of ${shown}`;
  return (env["ASHLAR_STORE"] ?? "") === "" ? "nobody: the place for caches" : "ASHLAR_STORE";
}

/** The store that is named by an option or by the environment. */
function diskStoreOf({ store }: Options, { cwd, env }: Surroundings): DiskStore {
  return new DiskStore(
    store === undefined ? defaultStoreDirectory(env, process.platform) : resolve(cwd, store),
  );
}

async function makeRunner(
  options: Options,
  { settings }: BuildFile,
  store: Store,
): Promise<Runner> {
  const { runner } = settings;
  if (typeof runner === "function") return await runner();
  if (runner !== undefined) return runner;
  const { localRunner } = await import("@ashlar/runner-local");
  const choices = ["auto", "required", "none"] as const;
  const { sandbox } = options;
  return localRunner({
    ...(sandbox !== undefined && { sandbox: oneOf("--sandbox", sandbox, choices) }),
    ...(store instanceof DiskStore && { trees: treesOf(store) }),
  });
}

/** Where the runner of this machine keeps large inputs laid out: with the store, which is cleaned with it. */
export function treesOf({ directory }: DiskStore): string {
  return join(directory, "trees");
}
