/**
 * Native programs: files that the system starts by itself, or with an interpreter that is one.
 *
 * A shell takes what the system refuses for a script of its own, and says in other words why it cannot
 * start something. So it is asked to start only what will start.
 *
 * @module
 */
import * as fs from "node:fs";
import { isAbsolute } from "node:path";

import { isExecutable } from "./executable.ts";

/** What is known of a file, for as long as it looks the same. */
interface Known {
  readonly look: string;
  readonly isStartable: boolean;
}

const known = new Map<string, Known>();

/** Files that are remembered at most. */
const maxKnown = 1000;

/** Bytes of a file that tell what it is. Systems look at no more of the first line either. */
const headBytes = 128;

/** True for a program that the system starts, as far as its first bytes show. */
export function isStartable(path: string): boolean {
  try {
    const { ino, dev, size, mtimeMs, ctimeMs } = fs.statSync(path);
    const look = [dev, ino, size, mtimeMs, ctimeMs].join(" ");
    const earlier = known.get(path);
    if (earlier?.look === look) return earlier.isStartable;
    if (known.size >= maxKnown) known.clear();
    const answer = isNative(path) || isNative(interpreterOf(path));
    known.set(path, { look, isStartable: answer });
    return answer;
  } catch {
    return false;
  }
}

/** Whether it is of the kind of the program that this process runs. */
function isNative(path: string | undefined): boolean {
  if (path === undefined || !isExecutable(path)) return false;
  const kind = kindOf(headOf(path));
  return kind !== undefined && kind === own();
}

/** Whether the system refuses an executable file, and a shell would take it for a script of its own. */
export function isShellText(path: string): boolean {
  try {
    const head = headOf(path);
    return kindOf(head) === undefined && !head.toString("latin1").startsWith("#!");
  } catch {
    return false;
  }
}

/** The program in the first line of a script: `#!/bin/sh -e`. */
function interpreterOf(path: string): string | undefined {
  const head = headOf(path).toString("latin1");
  const [, interpreter] = /^#![ \t]*([^ \t\n]+)[^\n]*\n/.exec(head) ?? [];
  return interpreter !== undefined && isAbsolute(interpreter) ? interpreter : undefined;
}

let ownKind: string | undefined;

function own(): string | undefined {
  return (ownKind ??= kindOf(headOf(process.execPath)));
}

/** Format and machine of a program; `undefined` for what is none. Universal ones of macOS are as good. */
function kindOf(head: Buffer): string | undefined {
  if (head.subarray(0, 4).equals(Buffer.from("\x7fELF", "latin1"))) {
    return head.toString("hex", 0, 6) + head.toString("hex", 18, 20);
  }
  const magic = head.toString("hex", 0, 4);
  return process.platform === "darwin" && ["cafebabe", "cffaedfe"].includes(magic)
    ? "macho"
    : undefined;
}

function headOf(path: string): Buffer {
  const head = Buffer.alloc(headBytes);
  const fd = fs.openSync(path, "r");
  try {
    fs.readSync(fd, head, 0, headBytes, 0);
    return head;
  } finally {
    fs.closeSync(fd);
  }
}
