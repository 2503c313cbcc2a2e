/**
 * Survivors: processes that a command has started and that have left its group, as daemons do.
 *
 * We do not end them, for that is what they took care of. But a directory in which one may still be at
 * work must not become another command's. Linux gives its processes rising numbers, so those that a
 * command may have started are those between two numbers, and few of them are still there.
 *
 * @module
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
} from "node:fs";

/** Numbers that are looked at. A command that started more is no short one. */
const maxNumbers = 256;

/** Holds what the system says of itself or of a process: a line. Nothing stays in it. */
const line = Buffer.alloc(1024);

/** Where it says which process was started last. Stays open, for it is asked three times for each command. */
let loadavg: number | undefined;

/** Number of the process that was started last on this machine; `undefined` where nobody says it. */
export function lastProcess(): number | undefined {
  try {
    loadavg ??= openSync("/proc/loadavg", "r");
    const size = readSync(loadavg, line, 0, line.length, 0);
    // What lies behind these bytes is of an earlier, longer line.
    const last = Number(line.toString("latin1", line.lastIndexOf(" ", size - 1) + 1, size));
    return Number.isInteger(last) && last > 0 ? last : undefined;
  } catch {
    return undefined;
  }
}

/**
 * False if no process has to do with a folder that was started after the one of that number.
 *
 * @param folder - Absolute, without links.
 */
export function mayHaveSurvivors(after: number | undefined, folder: string): boolean {
  if (after === undefined) return true;
  let from = after;
  // While we look, somebody who is about to end may start another.
  for (;;) {
    const last = lastProcess();
    if (last === undefined || last < from || last - after > maxNumbers) return true;
    if (last === from) return false;
    for (let number = from + 1; number <= last; number++) {
      if (isAdopted(number) && hasToDoWith(number, folder)) return true;
    }
    from = last;
  }
}

/** Those who may be given a process that has lost its parent: our ancestors, as far as they can be seen. */
let adopters: ReadonlySet<number> | undefined;

function isAdopted(number: number): boolean {
  // Most are gone, and an error would cost more than this look.
  if (!existsSync(`/proc/${number}`)) return false;
  adopters ??= new Set([0, 1, ...ancestorsOf(process.pid)]);
  return adopters.has(parentOf(number) ?? 0);
}

function ancestorsOf(number: number): number[] {
  const parent = parentOf(number);
  return parent === undefined || parent === 0 ? [number] : [number, ...ancestorsOf(parent)];
}

function parentOf(number: number): number | undefined {
  return statOf(number)?.parent;
}

/** `undefined` for a process that is gone. */
function statOf(number: number): { readonly state: string; readonly parent: number } | undefined {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${number}/stat`, "r");
    const text = line.toString("latin1", 0, readSync(file, line));
    // Behind the name, which may hold anything: the state, and then the parent.
    const [, state = "", parent] = /^\) (\S) (\d+) /.exec(text.slice(text.lastIndexOf(")"))) ?? [];
    return parent === undefined ? undefined : { state, parent: Number(parent) };
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Whether a process was started for a folder, works there, or holds something of it open. */
function hasToDoWith(number: number, folder: string): boolean {
  const process = `/proc/${number}`;
  try {
    const variables = readFileSync(`${process}/environ`, "latin1");
    // One that is becoming another program has none for a moment, and nobody can say what it will be. So has one that is over.
    if (variables === "" && !/^[ZX]?$/.test(statOf(number)?.state ?? "")) return true;
    const name = Buffer.from(`${folder}/`).toString("latin1");
    if (variables.includes(name)) return true;
    const files = readdirSync(`${process}/fd`).map((fd) => `${process}/fd/${fd}`);
    return [`${process}/cwd`, ...files].some((link) => {
      const target = readLink(link);
      return target === folder || target.startsWith(`${folder}/`);
    });
  } catch {
    // Gone, or not ours.
    return false;
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
