/**
 * The program in a pseudo-terminal, and what a person would see there.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { execa } from "execa";

import { program, whyNot, type Project } from "./rig.ts";

const driver = fileURLToPath(new URL("terminal.py", import.meta.url));

/** Why there is no terminal; `undefined` when there is one. */
export const whyNoTerminal: string | undefined =
  whyNot ??
  (spawnSync("python3", ["-c", "import pty, termios, os; os.waitstatus_to_exitcode"]).status === 0
    ? undefined
    : "there is no python3 with pseudo-terminals");

/** What was written to a terminal. */
export interface Shown {
  /** Every byte, as text. */
  readonly raw: string;
  /** The lines that stand there in the end, without colours. */
  readonly lines: readonly string[];
  /** As a shell gives it; below zero: ended by a signal. */
  readonly code: number;
}

/** How the program is run in a terminal. */
export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  /**
   * What is typed once something was written: `^C` is Ctrl-C, `size:40x10` another size. In this order. `file:PATH`
   * as a text: once that file is there; as keys: makes it.
   */
  readonly keys?: readonly (readonly [text: string, keys: string])[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the program in a terminal. */
export async function runInTerminal(
  project: Project,
  words: string,
  { columns = 80, rows = 24, keys = [], env = {} }: TerminalOptions = {},
): Promise<Shown> {
  const typed = keys.map(([text, what]) => `${text}=${what}`);
  const size = [String(columns), String(rows)];
  const { stdout } = await execa(
    "python3",
    [driver, ...size, ...typed, "--", process.execPath, program, ...words.split(" ")],
    {
      ...{ cwd: project.folder, env: { ...project.env, ...env }, extendEnv: false },
      stripFinalNewline: false,
    },
  );
  const at = stdout.trimEnd().lastIndexOf("\n");
  const raw = stdout.slice(0, at);
  return { raw, lines: screenOf(raw), code: Number(stdout.slice(at)) };
}

/** What stands on a terminal that is high enough to show all: the few commands that are used here. */
export function screenOf(raw: string): readonly string[] {
  const lines: string[] = [""];
  let row = 0;
  let column = 0;
  // oxlint-disable-next-line no-control-regex -- that is what a terminal gets
  const piece = /\u001b\[(\??[\d;]*)([A-Za-z])|\r|\n|[^\u001b\r\n]+/g;
  for (const [text, amount = "", verb] of raw.matchAll(piece)) {
    const count = Number(amount) || 1;
    if (text === "\n") {
      row++;
      lines[row] ??= "";
    } else if (text === "\r") column = 0;
    else if (verb === undefined) {
      const line = (lines[row] ?? "").padEnd(column);
      lines[row] = line.slice(0, column) + text + line.slice(column + text.length);
      column += text.length;
    } else if (verb === "A") row = Math.max(0, row - count);
    else if (verb === "B") row += count;
    else if (verb === "G") column = count - 1;
    else if (verb === "K") {
      const line = lines[row] ?? "";
      lines[row] = amount === "2" ? "" : line.slice(0, column);
    } else if (verb === "J") {
      lines.length = row + 1;
      lines[row] = (lines[row] ?? "").slice(0, column);
    }
  }
  while (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.trimEnd());
}
