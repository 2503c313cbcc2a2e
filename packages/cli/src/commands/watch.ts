/**
 * `ashlar watch [targets]`.
 *
 *     build ─▶ wait for a change ─▶ (load the build file anew) ─▶ build ─▶ …
 *         └──── a change meanwhile cancels it ────┘
 *
 * @module
 */
import { tryBuild } from "@ashlar/core";
import { watch, type FSWatcher } from "chokidar";

import { tellOf } from "../building.ts";
import { makeColors, wantsColor } from "../colors.ts";
import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { listed } from "../nearest.ts";
import { openSession, type Session } from "../session.ts";
import { showFault } from "../show-fault.ts";
import { findBuildFile } from "../targets/build-file.ts";
import { shownPath } from "../targets/load-fault.ts";
import { chooseTargets, type Target } from "../targets/targets.ts";
import { Changes } from "../watching/changes.ts";
import { localModules, sourcesToWatch } from "../watching/sources-to-watch.ts";

/** What is never a source that a person edits. */
const unwatched = /[\\/](?:\.git|node_modules)(?:[\\/]|$)/;

/** Builds, and builds again whenever something changes, until it is stopped. */
export const run: Run = async (names, options, surroundings) => {
  const { cwd, env, err, signal } = surroundings;
  const colors = makeColors(wantsColor(err, env, options.color));
  const path = findBuildFile(options.file, cwd);
  const changes = new Changes();
  let watcher: FSWatcher | undefined;
  let session: Session | undefined;
  let modules: readonly string[] = [];
  let chosen: readonly Target[] = [];

  /** Watches places instead of those before, and resolves when no change of them can be missed. */
  const follow = async (places: readonly string[]): Promise<void> => {
    const next = watch([...places], {
      ignoreInitial: true,
      ignored: (each) => unwatched.test(each),
    });
    next.on("all", (_, changed) => changes.add(changed));
    await new Promise<void>((done) => {
      next.once("ready", done);
    });
    await watcher?.close();
    watcher = next;
  };
  const load = async (): Promise<void> => {
    modules = localModules(path);
    await session?.[Symbol.asyncDispose]();
    session = undefined;
    try {
      session = await openSession({ ...options, file: path }, surroundings, { isAnew: true });
      ({ chosen } = chooseTargets(session.file, names));
    } catch (error) {
      await follow(modules);
      throw error;
    }
    const handles = chosen.map(({ handle }) => handle);
    await follow([...(await sourcesToWatch(path, handles)), ...modules]);
  };
  const build = async (open: Session): Promise<void> => {
    const restart = new AbortController();
    changes.onFirst(() => restart.abort(new Error("something has changed")));
    try {
      await tellOf(open, options, surroundings, async (ready) => {
        const handles = chosen.map(({ handle }) => handle);
        const signals = AbortSignal.any([signal, restart.signal]);
        const report = await tryBuild(handles, { ...ready, signal: signals });
        return { value: report, report };
      });
    } finally {
      changes.onFirst(undefined);
    }
  };

  let hasToLoad = true;
  try {
    for (;;) {
      try {
        if (hasToLoad) await load();
        hasToLoad = false;
        if (session !== undefined) await build(session);
      } catch (error) {
        if (signal.aborted) break;
        // The next change may be what corrects it.
        showFault(error, options, surroundings, undefined);
      }
      if (signal.aborted) break;
      err.write(colors.dim("waiting for changes; Ctrl-C ends this\n"));
      const changed = await changes.next(signal).catch(() => undefined);
      if (changed === undefined) break;
      const shown = changed.map((each) => shownPath(each, cwd));
      err.write(`${colors.dim("changed:")} ${listed(shown, 3)}\n`);
      hasToLoad ||= session === undefined || changed.some((each) => modules.includes(each));
    }
  } finally {
    changes.end();
    await watcher?.close();
    await session?.[Symbol.asyncDispose]();
  }
  return exitCode.succeeded;
};
