/**
 * Load faults: what went wrong when a build file was loaded, in the words of the file.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { BuildError } from "@ashlar/core";

import { buildFileFailed, buildFileSyntax } from "../errors.ts";
import { codeFrame, type Place } from "./code-frame.ts";

interface FilePlace extends Place {
  readonly file: string;
}

/**
 * The error that people are shown instead of what a loader threw.
 *
 * @param file - Path of the build file, absolute.
 * @param from - Directory that shown paths are relative to, absolute.
 */
export function loadFault(thrown: unknown, file: string, from: string): BuildError {
  const shown = (path: string): string => shownPath(path, from);
  const syntax = syntaxPlace(thrown);
  if (syntax !== undefined) {
    const { place, problem } = syntax;
    return buildFileSyntax({
      place: `${shown(place.file)}:${place.line}:${place.column ?? 1}`,
      problem,
      frame: frameOf(place),
    });
  }
  const place = thrownPlace(thrown);
  return buildFileFailed({
    file: shown(file),
    thrown: textOf(thrown, shown),
    place: place && `${shown(place.file)}:${place.line}`,
    // Its column is that of the code that was made of it.
    frame: place && frameOf({ file: place.file, line: place.line }),
    hint: thrown instanceof BuildError ? thrown.hint : hintOf(thrown),
    cause: thrown,
  });
}

/** A path as people read it: relative where that is shorter to look at. */
export function shownPath(path: string, from: string): string {
  const short = relative(from, path);
  return short === "" || short.startsWith(`..${sep}..`) || isAbsolute(short) ? path : short;
}

/** Babel's message, as jiti passes it on: `ParseError: <problem>\n <file>:<line>:<column>`. */
function syntaxPlace(
  thrown: unknown,
): { readonly place: FilePlace; readonly problem: string } | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const match = /^ParseError: ([^]*?)\s*\n\s*(.+):(\d+):(\d+)$/.exec(thrown.message);
  if (match === null) return undefined;
  const [, problem = "", file = "", line, column] = match;
  const clause = problem.trim().replace(/\.$/, "");
  return {
    place: { file: pathOf(file), line: Number(line), column: Number(column) },
    problem: `${clause.charAt(0).toLowerCase()}${clause.slice(1)}`,
  };
}

/** The topmost frame of a stack that is the user's own code. */
function thrownPlace(thrown: unknown): FilePlace | undefined {
  if (!(thrown instanceof Error)) return undefined;
  for (const line of thrown.stack?.split("\n") ?? []) {
    const match = /^\s+at (?:.*\()?((?:file:)?\/.+?):(\d+):(\d+)\)?$/.exec(line);
    if (match === null || match[1]?.includes("node_modules") === true) continue;
    const file = pathOf(match[1] ?? "");
    if (ownPackage.test(file)) continue;
    return { file, line: Number(match[2]), column: Number(match[3]) };
  }
  // What cannot be imported has no frame of its own, but says who asked for it.
  const [asker] = (thrown as { requireStack?: readonly string[] }).requireStack ?? [];
  return asker === undefined ? undefined : importPlace(asker, thrown.message);
}

/** This package and the core, in a workspace that has them under their names. */
const ownPackage = /\/packages\/(?:cli|core|runners\/[a-z]+)\/(?:src|dist)\//;

/** The line that names a module that is not there. */
function importPlace(file: string, message: string): FilePlace | undefined {
  const wanted = /'([^']+)'/.exec(message)?.[1];
  const text = textAt(file);
  if (wanted === undefined || text === undefined) return undefined;
  const at = text.split("\n").findIndex((line) => line.includes(wanted));
  return at === -1 ? undefined : { file, line: at + 1 };
}

function textOf(thrown: unknown, shown: (path: string) => string): string {
  if (thrown instanceof BuildError) {
    const facts = Object.entries(thrown.facts).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${value}`],
    );
    return [`${thrown.code}: ${thrown.message}`, ...facts].join("\n");
  }
  if (!(thrown instanceof Error)) return String(thrown);
  const [first = ""] = thrown.message.split("\nRequire stack:");
  // `(0 , _core.stage)`: what a loader has made of the name of an import.
  const message = first.replaceAll(/\(0 ?, ?(?:_\w+\.)?(\w+)\)/g, "$1");
  const { requireStack } = thrown as { requireStack?: readonly string[] };
  const asker = requireStack?.[0];
  const clause = asker === undefined ? message : `${message}, which \`${shown(asker)}\` imports`;
  return thrown.name === "Error" ? clause : `${thrown.name}: ${clause}`;
}

function hintOf(thrown: unknown): string | undefined {
  const { code } = thrown as { code?: unknown };
  if (code !== "MODULE_NOT_FOUND" && code !== "ERR_MODULE_NOT_FOUND") return undefined;
  return "install the package, or check the path of the import";
}

function frameOf(place: FilePlace): string | undefined {
  const text = textAt(place.file);
  return text === undefined ? undefined : codeFrame(text, place);
}

function textAt(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function pathOf(file: string): string {
  return file.startsWith("file:") ? fileURLToPath(file) : file;
}
