/**
 * `ashlar watch [targets]`.
 *
 *     build ─▶ wait for a change ─▶ (load the build file anew) ─▶ build ─▶ …
 *         └──── a change meanwhile cancels it ────┘
 *
 * @module
 */
import { existsSync } from "node:fs";
import { sep } from "node:path";

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

/** How often it is asked whether something has come that was missing, in milliseconds. */
const askEveryMs = 200;

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
  /** What is watched, and whether it was there when that began. */
  let places: ReadonlyMap<string, boolean> = new Map();
  let hasVanished = false;
  let asking: NodeJS.Timeout | undefined;

  /** Watches places instead of those before, and resolves when no change of them can be missed. */
  const follow = async (wanted: readonly string[]): Promise<void> => {
    places = new Map(wanted.map((place) => [place, existsSync(place)]));
    hasVanished = false;
    clearInterval(asking);
    // Watchers are not to be relied on for what is not there when they begin.
    const missing = wanted.filter((place) => places.get(place) === false);
    if (missing.length > 0) {
      asking = setInterval(() => {
        for (const place of missing) if (existsSync(place)) changes.add(place);
      }, askEveryMs);
    }
    const next = watch([...wanted], {
      ignoreInitial: true,
      ignored: (each) => unwatched.test(each) || isIn(each, session?.store.directory),
      // Otherwise it would tell of what is gone later than of what has come, and a rename would be two changes.
      atomic: false,
    });
    next.on("all", (event, changed) => {
      if (event.startsWith("unlink")) hasVanished ||= places.has(changed);
      changes.add(changed);
    });
    await new Promise<void>((done) => {
      next.once("ready", done);
    });
    await watcher?.close();
    watcher = next;
  };
  /** Nobody hears any more of a folder that was removed, also when there is one of its name again. */
  const followAgain = async (): Promise<void> => {
    const isAsItWas = [...places].every(([place, wasThere]) => existsSync(place) === wasThere);
    if (hasVanished || !isAsItWas) await follow([...places.keys()]);
  };
  const load = async (): Promise<void> => {
    // From here on: what is edited while it is loaded must not be missed, and what cannot be loaded is edited next.
    modules = localModules(path);
    await follow(modules);
    await session?.[Symbol.asyncDispose]();
    session = undefined;
    session = await openSession({ ...options, file: path }, surroundings, { isAnew: true });
    ({ chosen } = chooseTargets(session.file, names));
    const handles = chosen.map(({ handle }) => handle);
    const sources = await sourcesToWatch(path, handles);
    modules = localModules(path);
    await follow([...sources, ...modules]);
  };
  const build = async (open: Session): Promise<void> => {
    const restart = new AbortController();
    changes.onFirst(() => restart.abort(new Error("something has changed")));
    try {
      const handles = chosen.map(({ handle }) => handle);
      await tellOf(open, handles, options, surroundings, async (ready) => {
        const signals = AbortSignal.any([signal, restart.signal]);
        const report = await tryBuild(handles, { ...ready, signal: signals });
        const isOvertaken = restart.signal.aborted && !signal.aborted && !report.ok;
        return { value: report, report, isOvertaken };
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
        else await followAgain();
        hasToLoad = false;
        if (session !== undefined) await build(session);
      } catch (error) {
        if (signal.aborted) break;
        // The next change may be what corrects it.
        showFault(error, options, surroundings, undefined);
      }
      if (signal.aborted) break;
      if (changes.isQuiet) err.write(colors.dim("waiting for changes; Ctrl-C ends this\n"));
      const changed = await changes.next(signal).catch(() => undefined);
      if (changed === undefined) break;
      const shown = changed.map((each) => shownPath(each, cwd));
      err.write(`${colors.dim("changed:")} ${listed(shown, 3)}\n`);
      hasToLoad ||= session === undefined || changed.some((each) => modules.includes(each));
    }
  } finally {
    clearInterval(asking);
    changes.end();
    await watcher?.close();
    await session?.[Symbol.asyncDispose]();
  }
  return exitCode.succeeded;
};

/** Whether a path is a directory, or leads into it. */
function isIn(path: string, directory: string | undefined): boolean {
  return directory !== undefined && `${path}${sep}`.startsWith(`${directory}${sep}`);
}
