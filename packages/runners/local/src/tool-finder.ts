/**
 * Tools of this machine: where they are, and which versions.
 *
 * @module
 */
import { createReadStream, realpathSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";

import { digestStream, toolNotFound, type Tool } from "@ashlar/core";
import { execa } from "execa";

import { isExecutable } from "./executable.ts";

/** Finds tools, and asks each once. */
export class ToolFinder {
  readonly #searchPath: string;
  readonly #found = new Map<string, Promise<string>>();
  readonly #identities = new Map<string, Promise<string>>();

  /** @param searchPath - Folders, in the form of `PATH`. */
  constructor(searchPath: string) {
    this.#searchPath = searchPath;
  }

  /**
   * Absolute path of a tool.
   *
   * @throws {@link BuildError} `TOOL_NOT_FOUND`.
   */
  async find(tool: Tool, signal: AbortSignal): Promise<string> {
    return await remember(this.#found, JSON.stringify([tool.name, tool.locate]), async () => {
      const located = tool.locate && (await this.#locate(tool.name, tool.locate, signal));
      const path = located ?? this.search(tool.name);
      if (path === undefined) throw toolNotFound(tool.name, tool.hint);
      return path;
    });
  }

  /**
   * What tells this version of a tool from others: what it prints, or the digest of its bytes.
   *
   * @throws {@link BuildError} `TOOL_NOT_FOUND`, also when it cannot print its version.
   */
  async identify(tool: Tool, signal: AbortSignal): Promise<string> {
    const path = await this.find(tool, signal);
    const { version } = tool;
    return await remember(this.#identities, JSON.stringify([path, version]), async () => {
      if (version === undefined) return await digestStream(createReadStream(realpathSync(path)));
      const printed = await this.#ask([path, ...version], signal);
      if (printed === undefined) {
        throw toolNotFound(tool.name, `\`${[path, ...version].join(" ")}\` did not print a version`);
      }
      return printed;
    });
  }

  /** The first program of that name in the folders of the search path. */
  search(name: string): string | undefined {
    for (const folder of this.#searchPath.split(":")) {
      if (isAbsolute(folder) && isExecutable(join(folder, name))) return join(folder, name);
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
    const { exitCode, all } = await execa(program, rest, {
      env: { PATH: this.#searchPath },
      all: true,
      reject: false,
      stdin: "ignore",
      cancelSignal: signal,
    });
    signal.throwIfAborted();
    return exitCode === 0 ? all.trim() : undefined;
  }
}

/** The answer of the first time. A failure is forgotten, so that it can be tried again. */
async function remember(
  known: Map<string, Promise<string>>,
  question: string,
  ask: () => Promise<string>,
): Promise<string> {
  let answer = known.get(question);
  if (answer === undefined) {
    answer = ask();
    known.set(question, answer);
    answer.catch(() => known.delete(question));
  }
  return await answer;
}
