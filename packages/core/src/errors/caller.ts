/**
 * Where in the user's script something was declared.
 *
 *     stack:  stage call ◀ node_modules/kit/stages.js ◀ node_modules/kit/index.js ◀ build.ts:7:20
 *
 * What an installed package declares is nobody's to correct: there, the place is where the user has called it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** Frames that are looked at above what a package declares. */
const maxFrames = 50;

/** Folder of this package's code, which need not be installed. */
const own = fileURLToPath(new URL("../", import.meta.url));

/** `<file>:<line>:<column>`, or what finds it out: to keep a stack costs little, to write it down much more. */
export type Place = string | undefined | (() => string | undefined);

/** The place of the call of `callee` that is under way, if it can be told. */
export function callerLocation(callee: Function): string | undefined {
  return placesIn(stackAbove(callee, 1))[0];
}

/** Finds out the place of the nearest call that is not in an installed package; where there is none, of the nearest of all. */
export function scriptLocation(callee: Function): () => string | undefined {
  const above = stackAbove(callee, maxFrames);
  return () => {
    const places = placesIn(above);
    return places.find((place) => !isInPackage(place)) ?? places[0];
  };
}

/** True for a place in an installed package. */
export function isInPackage(place: string | undefined): boolean {
  return place !== undefined && (place.includes("/node_modules/") || place.startsWith(own));
}

/** The calls above one, as V8 has them. They become a text when that is asked for. */
function stackAbove(callee: Function, frames: number): { readonly stack?: string } {
  const { stackTraceLimit } = Error;
  const holder = {};
  // Where it cannot be set, there are as many frames as there are.
  const isSet = Reflect.set(Error, "stackTraceLimit", frames);
  Error.captureStackTrace(holder, callee);
  if (isSet) Error.stackTraceLimit = stackTraceLimit;
  return holder;
}

/** Places of calls, nearest first. What is in no file is left out. */
function placesIn({ stack = "" }: { readonly stack?: string }): readonly string[] {
  const [, ...lines] = stack.split("\n");
  return lines.flatMap((line) => placeIn(line) ?? []);
}

/** `at call (/work/build.ts:3:8)`, `at async file:///work/(a)/build.ts:3:8`; not `at node:internal/timers:483:21`. */
const inFile = /^ +at (?:async )?(?:.*? \()?((?:file:\/\/|\/)(?:[^()]|\([^()]*\))*:\d+:\d+)\)?$/;

function placeIn(line: string): string | undefined {
  const place = inFile.exec(line)?.[1];
  if (place === undefined || !place.startsWith("file:")) return place;
  const [, url = "", position = ""] = place.match(/^(.*?)(:\d+:\d+)$/) ?? [];
  return `${fileURLToPath(url)}${position}`;
}
