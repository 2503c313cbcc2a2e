/**
 * Tools of this machine: where they are, and which versions.
 *
 * @module
 */
import { statSync } from "node:fs";
import { isAbsolute, join } from "node:path";

import {
  BuildError,
  digestFile,
  toolFailed,
  toolNotFound,
  type Notes,
  type HostTool,
} from "@ashlar/core";

import { isExecutable } from "./executable.ts";
import { hasSettled, lookAt, ToolAnswers, type Look } from "./tool-answers.ts";
import { keepNoted, recallNoted } from "./tool-notes.ts";

/** Finds tools, and asks each once. */
export class ToolFinder {
  readonly #searchPath: string;
  readonly #now: () => number;
  readonly #answers: ToolAnswers;
  readonly #found = new Map<string, Promise<string>>();
  /** The time before each was looked for. */
  readonly #foundSince = new Map<string, number>();
  readonly #searched = new Map<string, string>();
  readonly #identities = new Map<string, Promise<string>>();

  /**
   * @param searchPath - Folders, in the form of `PATH`.
   * @param now - The time, in milliseconds since 1970.
   */
  constructor(searchPath: string, now: () => number = Date.now) {
    this.#searchPath = searchPath;
    this.#now = now;
    this.#answers = new ToolAnswers(searchPath);
  }

  /**
   * Absolute path of a tool.
   *
   * @throws {@link BuildError} `TOOL_NOT_FOUND`.
   */
  async find(tool: HostTool, signal: AbortSignal): Promise<string> {
    if (tool.isThisNode === true && isNode()) return process.execPath;
    const question = placeQuestion(tool);
    if (!this.#found.has(question)) this.#foundSince.set(question, this.#now());
    return await remember(this.#found, question, signal, async () => {
      const located = tool.locate && (await this.#locate(tool.name, tool.locate, signal));
      const path = located ?? (tool.mustLocate ? undefined : this.search(tool.name));
      const asked = tool.mustLocate ? tool.locate : undefined;
      if (path === undefined) throw toolNotFound(tool.name, tool.hint, asked);
      return path;
    });
  }

  /**
   * What tells this version of a tool from others: what it prints, or the digest of its bytes.
   *
   * @throws {@link BuildError} `TOOL_NOT_FOUND`, or `TOOL_FAILED` when it does not print its version.
   */
  async identify(tool: HostTool, signal: AbortSignal, notes?: Notes): Promise<string> {
    // What it would print, without a process of its own.
    if (tool.isThisNode === true && isNode()) return process.version;
    const question = placeQuestion(tool);
    const now = this.#now();
    const kept = notes && this.#answers.recall(tool, notes);
    if (kept !== undefined) {
      this.#found.set(question, Promise.resolve(kept.path));
      this.#foundSince.set(question, now);
      return kept.identity;
    }
    const path = await this.find(tool, signal);
    const identity = await this.#identifyProgram(tool, path, signal, notes);
    const since = this.#foundSince.get(question) ?? now;
    if (notes !== undefined) this.#answers.keep(tool, { path, identity }, notes, since);
    return identity;
  }

  async #identifyProgram(
    tool: HostTool,
    path: string,
    signal: AbortSignal,
    notes: Notes | undefined,
  ): Promise<string> {
    const { version } = tool;
    // A tool may be replaced while this process lives: what it said counts for that file only.
    const program = lookAt(path);
    const question = JSON.stringify([program, version]);
    return await remember(this.#identities, question, signal, async () => {
      if (version === undefined) return await digestProgram(program, notes, this.#now());
      const printed = await this.#ask([path, ...version], signal);
      if (printed === undefined) {
        throw toolFailed(tool.name, [path, ...version].join(" "), tool.hint);
      }
      return printed;
    });
  }

  /** The first program of that name in the folders of the search path, as long as it is there. A path stands for itself. */
  search(name: string): string | undefined {
    if (isAbsolute(name)) return isExecutable(name) ? name : undefined;
    const earlier = this.#searched.get(name);
    if (earlier !== undefined && isExecutable(earlier)) return earlier;
    for (const folder of this.#searchPath.split(":")) {
      const path = join(folder, name);
      if (!isAbsolute(folder) || !isExecutable(path)) continue;
      this.#searched.set(name, path);
      return path;
    }
    return undefined;
  }

  /** Asks a manager of tools. What it prints may be the program, or the folder that holds it. */
  async #locate(
    name: string,
    question: readonly string[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const [program = "", ...rest] = question;
    const manager = isAbsolute(program) ? program : this.search(program);
    const printed = manager && (await this.#ask([manager, ...rest], signal));
    const answer = printed?.split("\n").at(-1)?.trim() ?? "";
    if (!isAbsolute(answer)) return undefined;
    const isFolder = statSync(answer, { throwIfNoEntry: false })?.isDirectory() === true;
    const path = isFolder ? join(answer, name) : answer;
    return isExecutable(path) ? path : undefined;
  }

  /** What a program prints on both streams; `undefined` if it fails. */
  async #ask(argv: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const [program = "", ...rest] = argv;
    const { execa } = await import("execa");
    const { exitCode, all } = await execa(program, rest, {
      // Managers of tools want the user's settings. What is printed must not depend on the language.
      env: { PATH: this.#searchPath, LC_ALL: "C" },
      all: true,
      reject: false,
      stdin: "ignore",
      // Where this process happens to stand must not decide: managers look for settings there.
      cwd: "/",
      cancelSignal: signal,
    });
    signal.throwIfAborted();
    return exitCode === 0 ? all.trim() : undefined;
  }
}

/** True unless this process is something that only behaves like Node, as Bun and Electron do. */
function isNode(): boolean {
  const { electron, bun } = process.versions as Readonly<Record<string, string | undefined>>;
  return electron === undefined && bun === undefined;
}

/** What is asked about the place of a tool. */
function placeQuestion({ name, locate, mustLocate }: HostTool): string {
  return JSON.stringify([name, locate, mustLocate]);
}

/** Digest of a program's bytes. It is noted, for as long as the file looks the same: hashing Node takes a tenth of a second. */
async function digestProgram(
  program: Look,
  notes: Notes | undefined,
  now: number,
): Promise<string> {
  const { path, stats } = program;
  if (notes === undefined || !hasSettled(program, now)) return await digestFile(path);
  const question = JSON.stringify(["bytes", path]);
  const look = stats.join(" ");
  const [noted, digest] = recallNoted(notes, question)?.split("\n") ?? [];
  if (noted === look && digest !== undefined) return digest;
  const fresh = await digestFile(path);
  keepNoted(notes, question, `${look}\n${fresh}`);
  return fresh;
}

/** The answer of the first time. A failure is forgotten, so that it can be tried again. */
async function remember(
  known: Map<string, Promise<string>>,
  question: string,
  signal: AbortSignal,
  ask: () => Promise<string>,
): Promise<string> {
  const earlier = known.get(question);
  if (earlier !== undefined) {
    try {
      return await earlier;
    } catch (error) {
      // Another build asked, and may have been cancelled: that says nothing about the tool.
      if (error instanceof BuildError) throw error;
      signal.throwIfAborted();
      return await remember(known, question, signal, ask);
    }
  }
  const answer = ask();
  known.set(question, answer);
  answer.catch(() => known.delete(question));
  return await answer;
}
