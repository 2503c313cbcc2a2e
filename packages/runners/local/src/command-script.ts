/**
 * Command scripts: the few words of shell by which a shell becomes a command.
 *
 *     { cd -- '<directory>' && unset OLDPWD PWD && export PATH='…' && exec -- '<program>' '…'; exit 127; }
 *
 * @module
 */
import { isAbsolute } from "node:path";

import { isExecutable } from "./executable.ts";
import { isStartable } from "./native.ts";
import type { Program } from "./place.ts";

/** Length of a script up to which no limit of any system is near. */
const maxLength = 65_536;

/** Starts a program with an environment that no shell has touched. */
const envProgram = "/usr/bin/env";

/** Names of variables that are remembered at most. */
const maxKnownNames = 1000;

/** Variables to which shells give a meaning of their own, or that they check. */
const ownNames =
  /^(?:BASH.*|CHILD_MAX|COLUMNS|COMP.*|COPROC|DIRSTACK|EMACS|ENV|EPOCH.*|EUID|EXECIGNORE|FCEDIT|FIGNORE|FUNC.*|GLOB.*|GROUPS|HIST.*|HOST.*|IFS|IGNOREEOF|INPUTRC|INSIDE_EMACS|LANG.*|LC_.*|LINENO|LINES|MACHTYPE|MAIL.*|MAPFILE|NLSPATH|OLDPWD|OPT.*|OSTYPE|PIPESTATUS|POSIX.*|PPID|PROMPT.*|PS\d|PWD|RANDOM|READLINE.*|REPLY|SECONDS|SHELLOPTS|SHLVL|SRANDOM|TEXTDOMAIN.*|TIMEFORMAT|TMOUT|UID|auto_resume|histchars)$/;

/** The script of a program. `undefined` for one that a shell might start otherwise than the system does. */
export function commandScript({ argv, env }: Program, cwd: string): string | undefined {
  const [file = "", ...rest] = argv;
  if (!isAbsolute(file) || !isStartable(file)) return undefined;
  const words = [file, ...rest];
  const variables = Object.entries(env);
  const assignments = variables.map(([name, value]) => ({ name, value }));
  const start = hasOnlyPlainNames(env)
    ? exported(assignments, words)
    : handedOver(assignments, words);
  if (start === undefined) return undefined;
  const script = `{ cd -- ${quote(cwd)} && unset OLDPWD PWD && ${start}; exit 127; }\n`;
  return script.length > maxLength || script.includes("\0") ? undefined : script;
}

/** Whether a shell hands all variables on as it got them. */
export function hasOnlyPlainNames(env: Program["env"]): boolean {
  return Object.keys(env).every(isPlainName);
}

/** A variable. */
interface Assignment {
  readonly name: string;
  readonly value: string;
}

/** Most commands have the same few. */
const knownNames = new Map<string, boolean>();

function isPlainName(name: string): boolean {
  let isPlain = knownNames.get(name);
  if (isPlain === undefined) {
    if (knownNames.size >= maxKnownNames) knownNames.clear();
    isPlain = /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && !ownNames.test(name);
    knownNames.set(name, isPlain);
  }
  return isPlain;
}

function exported(assignments: readonly Assignment[], words: readonly string[]): string {
  const exec = `exec -- ${words.map(quote).join(" ")}`;
  if (assignments.length === 0) return exec;
  return `export ${assignments.map(({ name, value }) => `${name}=${quote(value)}`).join(" ")} && ${exec}`;
}

/** Half a millisecond dearer, and takes any name. A program's own name must not look like a variable. */
function handedOver(
  assignments: readonly Assignment[],
  words: readonly string[],
): string | undefined {
  if (words[0]?.includes("=") === true || !isExecutable(envProgram)) return undefined;
  const pairs = assignments.map(({ name, value }) => `${name}=${value}`);
  return `exec -- ${[envProgram, "-i", "--", ...pairs, ...words].map(quote).join(" ")}`;
}

/** In single quotes nothing but the quote itself has a meaning. */
function quote(word: string): string {
  return word.includes("'") ? `'${word.replaceAll("'", `'\\''`)}'` : `'${word}'`;
}
