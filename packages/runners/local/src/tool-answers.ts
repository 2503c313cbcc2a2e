/**
 * Answers about tools that are kept beyond a process: where one is, and which version.
 *
 * Only of tools that say what decides the answers (`decidedBy`). All of it is looked at, and nobody is asked as
 * long as it looks as it did: starting a manager of tools, and then the tool, costs more than a whole build in
 * which nothing has changed.
 *
 * @module
 */
import { realpathSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";

import type { HostTool, Notes } from "@ashlar/core";

import { isScript } from "./executable.ts";
import { keepNoted, recallNoted } from "./tool-notes.ts";

/** A file as young as this may be changed without showing it. */
const racyMs = 2000;

/** What was found out about a tool. */
export interface ToolAnswer {
  /** Absolute path of the program. */
  readonly path: string;
  /** What tells this version of it from others. */
  readonly identity: string;
}

/** A file, and what shows that it is still the same. */
export interface Look {
  /** Without links. */
  readonly path: string;
  /** Inode, size, and times of the last change of its bytes and of the file, in milliseconds since 1970. */
  readonly stats: readonly number[];
}

/** Looks at a file. Throws the error of the system when it is not there. */
export function lookAt(path: string): Look {
  const real = realpathSync.native(path);
  const { ino, size, mtimeMs, ctimeMs } = statSync(real);
  return { path: real, stats: [ino, size, mtimeMs, ctimeMs] };
}

/** Whether a file is so old that a change to it would show. */
export function hasSettled({ stats }: Look, now: number): boolean {
  const [, , mtimeMs = 0, ctimeMs = 0] = stats;
  return Math.max(mtimeMs, ctimeMs) < now - racyMs;
}

/** Keeps answers about tools in the notes of a store. */
export class ToolAnswers {
  readonly #searchPath: string;
  /** What was looked at in this turn of the event loop: tools have a manager and folders in common. */
  #looks: Map<string, Look | undefined> | undefined;

  constructor(searchPath: string) {
    this.#searchPath = searchPath;
  }

  /** The answer that was kept, if all that decides it looks as it did. */
  recall(tool: HostTool, notes: Notes): ToolAnswer | undefined {
    if (tool.decidedBy === undefined) return undefined;
    const [looks, path, identity] = parse(recallNoted(notes, questionOf(tool)));
    if (path === undefined || identity === undefined) return undefined;
    const isSame = looks === JSON.stringify(this.#looksAt(tool, path, this.#looksOfTurn()));
    return isSame ? { path, identity } : undefined;
  }

  /**
   * Keeps an answer. Not one of a script, which may have asked anybody, and not when what decides it has
   * changed so shortly before it was asked for, or since, that it may not be what was answered of.
   *
   * @param since - The time before it was asked for, in milliseconds since 1970.
   */
  keep(tool: HostTool, { path, identity }: ToolAnswer, notes: Notes, since: number): void {
    if (tool.decidedBy === undefined || isScript(path)) return;
    const looks = this.#looksAt(tool, path, new Map());
    if (!looks.every((look) => typeof look !== "object" || hasSettled(look, since))) return;
    const text = JSON.stringify([JSON.stringify(looks), path, identity]);
    keepNoted(notes, questionOf(tool), text);
  }

  /** Within a turn nothing is waited for, so a look is as good as another one. */
  #looksOfTurn(): Map<string, Look | undefined> {
    if (this.#looks === undefined) {
      this.#looks = new Map();
      setImmediate(() => (this.#looks = undefined));
    }
    return this.#looks;
  }

  /** All programs that could be the tool or its manager, what the tool names, and the program itself. */
  #looksAt(
    tool: HostTool,
    found: string,
    known: Map<string, Look | undefined>,
  ): readonly (Look | string)[] {
    const { files = [], variables = [] } = tool.decidedBy ?? {};
    const names = [tool.name, ...(tool.locate?.slice(0, 1) ?? [])];
    const folders = this.#searchPath.split(":").filter((folder) => isAbsolute(folder));
    const programs = names.flatMap((name) =>
      isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name)),
    );
    return [
      this.#searchPath,
      ...variables.map((name) => `${name}=${process.env[name] ?? ""}`),
      ...[found, ...programs, ...files].map((path) => lookOnce(path, known) ?? path),
    ];
  }
}

function lookOnce(path: string, known: Map<string, Look | undefined>): Look | undefined {
  if (known.has(path)) return known.get(path);
  const look = lookIfThere(path);
  known.set(path, look);
  return look;
}

function lookIfThere(path: string): Look | undefined {
  try {
    // Most are not there, and an error would cost more than this look.
    return statSync(path, { throwIfNoEntry: false }) && lookAt(path);
  } catch {
    return undefined;
  }
}

function parse(text = "[]"): readonly (string | undefined)[] {
  try {
    const parts: unknown = JSON.parse(text);
    return Array.isArray(parts) && parts.every((part) => typeof part === "string") ? parts : [];
  } catch {
    return [];
  }
}

function questionOf({ name, version, locate, mustLocate }: HostTool): string {
  return JSON.stringify(["answer", name, version, locate, mustLocate]);
}
