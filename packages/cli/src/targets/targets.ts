/**
 * Targets: the handles that a build file exports, by name.
 *
 *     export const app = compile({ src });                       app
 *     export const checks = { clippy, unit: test({ src }) };     checks.clippy   checks.unit
 *     export const all = seq({ lint, app });                     all   all.lint   all.app
 *
 * A record is a name for all below it. A group, and a stage with several outputs, are targets themselves,
 * and so is each of their members. Whatever else is exported, functions and texts, is left alone.
 *
 * @module
 */
import { isHandle, type Handle } from "@ashlar/core";

import { buildFileEmpty, buildFilePromise, coreTwice, targetUnknown } from "../errors.ts";
import { shownPath } from "./load-fault.ts";
import type { Settings } from "./settings.ts";

/** Something that can be asked for. */
export interface Target {
  /** With dots between the names of exports, records and members: `checks.clippy`. */
  readonly name: string;
  readonly handle: Handle;
  /** Whether it is a member of a target, and so built with it. */
  readonly isMember: boolean;
}

/** What a build file says. */
export interface BuildFile {
  /** Absolute. */
  readonly path: string;
  /** Its path as people read it. */
  readonly shown: string;
  /** In the order of exports, which is that of the alphabet, and within records that of the file. */
  readonly targets: readonly Target[];
  readonly settings: Settings;
}

/** Deeper records are taken for something else than targets. */
const maxDepth = 8;

/**
 * The targets and settings among the exports of a module.
 *
 * @throws {@link BuildError} `BUILD_FILE_EMPTY`, `BUILD_FILE_PROMISE`, `CORE_TWICE`.
 */
export function readExports(
  exported: Readonly<Record<string, unknown>>,
  path: string,
  from: string,
): BuildFile {
  const shown = shownPath(path, from);
  const { settings = {}, ...others } = exported;
  const targets: Target[] = [];
  const visit = (name: string, value: unknown, isMember: boolean, depth: number): void => {
    if (isHandle(value)) {
      targets.push({ name, handle: value, isMember });
      for (const [member, each] of Object.entries(value)) {
        // A stage with one output is that artifact, and has it under its name as well.
        if (each !== value) visit(`${name}.${member}`, each, true, depth + 1);
      }
      return;
    }
    if (value instanceof Promise) throw buildFilePromise(shown, name);
    if (isForeignHandle(value)) throw coreTwice(shown, name);
    if (!isRecord(value) || depth > maxDepth) return;
    for (const [member, each] of Object.entries(value)) {
      visit(`${name}.${member}`, each, isMember, depth + 1);
    }
  };
  for (const [name, value] of Object.entries(others)) visit(name, value, false, 0);
  if (targets.length === 0) throw buildFileEmpty(shown, Object.keys(exported));
  return { path, shown, targets, settings: settings as Settings };
}

/** What was asked for, and what was not. */
export interface Choice {
  /** Each once, in the order of the build file. */
  readonly chosen: readonly Target[];
  /** Targets that are no part of the choice, members left out. */
  readonly left: readonly Target[];
}

/**
 * Chooses targets by name. The name of a record stands for all below it; no names stand for everything.
 *
 * @throws {@link BuildError} `TARGET_UNKNOWN`.
 */
export function chooseTargets({ targets }: BuildFile, names: readonly string[]): Choice {
  const whole = targets.filter(({ isMember }) => !isMember);
  if (names.length === 0) return { chosen: whole, left: [] };
  const chosen = new Set<Target>();
  for (const name of names) {
    const exact = targets.find((target) => target.name === name);
    const below = whole.filter((target) => target.name.startsWith(`${name}.`));
    const found = exact === undefined ? below : [exact];
    if (found.length === 0) throw targetUnknown(name, allNames(targets));
    for (const target of found) chosen.add(target);
  }
  const isAskedFor = (target: Target): boolean =>
    chosen.has(target) || [...chosen].some(({ name }) => name.startsWith(`${target.name}.`));
  return {
    chosen: targets.filter((target) => chosen.has(target)),
    left: whole.filter((target) => !isAskedFor(target)),
  };
}

/** Every name that can be asked for, those of records among them. */
export function allNames(targets: readonly Target[]): readonly string[] {
  const names = new Set<string>();
  for (const { name } of targets) {
    const parts = name.split(".");
    for (let length = 1; length <= parts.length; length++) {
      names.add(parts.slice(0, length).join("."));
    }
  }
  return [...names];
}

/** A plain object, and no instance of something. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether another copy of the core made it: its inside has the same name, and is not the same. */
function isForeignHandle(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (let at: unknown = value; at !== null && at !== undefined; at = Object.getPrototypeOf(at)) {
    const symbols = Object.getOwnPropertySymbols(at);
    if (symbols.some(({ description }) => description === "ashlar.state")) return true;
  }
  return false;
}
