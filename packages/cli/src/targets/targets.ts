/**
 * Targets: the handles that a build file exports, by name.
 *
 *     export const app = compile({ src });                       app
 *     export const checks = { clippy, unit: test({ src }) };     checks.clippy   checks.unit
 *     export const all = seq({ lint, app });                     all   all.lint   all.app
 *     export const tests = matrix({ node: [20, 22] }, f);        tests   tests.node=20   tests.node=22
 *
 * A record is a name for all below it. A group, and a stage with several outputs, are targets themselves,
 * and so is each of their members. Whatever else is exported, functions and texts, is left alone.
 *
 * @module
 */
import { isHandle, type Handle } from "@ashlar/core";

import { buildFileEmpty, buildFilePromise, coreTwice, targetUnknown } from "../errors.ts";
import { isInSlice, membersOf, plainName, valuesOf, type CellValues } from "./cells.ts";
import { shownPath } from "./load-fault.ts";
import type { Settings } from "./settings.ts";

/** Something that can be asked for. */
export interface Target {
  /** With dots between the names of exports, records and members: `checks.clippy`. */
  readonly name: string;
  /** What its name is made of. A part may have dots of its own: `["tests", "node=20.1"]`. */
  readonly parts: readonly string[];
  readonly handle: Handle;
  /** Of a cell of a matrix: its value on each axis. */
  readonly cell?: CellValues;
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
  const visit = (parts: readonly string[], value: unknown, isMember: boolean): void => {
    const name = parts.join(".");
    if (isHandle(value)) {
      const cell = valuesOf(parts.at(-1) ?? "");
      targets.push({ name, parts, handle: value, isMember, ...(isMember && cell && { cell }) });
      for (const [member, each] of membersOf(value)) {
        // A stage with one output is that artifact, and has it under its name as well.
        if (each !== value) visit([...parts, member], each, true);
      }
      return;
    }
    if (value instanceof Promise) throw buildFilePromise(shown, name);
    if (isForeignHandle(value)) throw coreTwice(shown, name);
    if (!isRecord(value) || parts.length > maxDepth) return;
    for (const [member, each] of Object.entries(value)) visit([...parts, member], each, isMember);
  };
  for (const [name, value] of Object.entries(others)) visit([name], value, false);
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
 * Chooses targets by name. The name of a record stands for all below it, `tests.os=linux` for all cells of a matrix
 * with that value, `tests[os=linux]` for the same; no names stand for everything.
 *
 * @throws {@link BuildError} `TARGET_UNKNOWN`.
 */
export function chooseTargets({ targets }: BuildFile, names: readonly string[]): Choice {
  const whole = targets.filter(({ isMember }) => !isMember);
  if (names.length === 0) return { chosen: whole, left: [] };
  const chosen = new Set<Target>();
  for (const name of names) {
    const found = targetsCalled(name, targets);
    if (found.length === 0) throw targetUnknown(plainName(name), allNames(targets));
    for (const target of found) chosen.add(target);
  }
  const isAskedFor = (target: Target): boolean =>
    chosen.has(target) || [...chosen].some(({ name }) => name.startsWith(`${target.name}.`));
  return {
    chosen: targets.filter((target) => chosen.has(target)),
    left: whole.filter((target) => !isAskedFor(target)),
  };
}

/** What a name stands for: a target, those below a record, or the cells of a matrix that have some values. */
function targetsCalled(typed: string, targets: readonly Target[]): readonly Target[] {
  for (const name of new Set([typed, plainName(typed)])) {
    const exact = targets.find((target) => target.name === name);
    if (exact !== undefined) return [exact];
    const below = targets.filter((target) => {
      return !target.isMember && target.name.startsWith(`${name}.`);
    });
    if (below.length > 0) return below;
    const slice = targets.filter(({ parts, cell }) => {
      return cell !== undefined && isInSlice(cell, parts.slice(0, -1).join("."), name);
    });
    if (slice.length > 0) return slice;
  }
  return [];
}

/** Every name that can be asked for, those of records among them. */
export function allNames(targets: readonly Target[]): readonly string[] {
  const names = new Set<string>();
  for (const { parts } of targets) {
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
