/**
 * Where in the user's script something was declared.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** `<file>:<line>:<column>` of the call of `callee` that is under way, if it can be told. */
export function callerLocation(callee: Function): string | undefined {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, callee);
  const frame = holder.stack?.split("\n")[1];
  const place = frame?.match(/\(?((?:file:|\/)[^()]*:\d+:\d+)\)?$/)?.[1];
  if (place === undefined || !place.startsWith("file:")) return place;
  const [, url = "", position = ""] = place.match(/^(.*?)(:\d+:\d+)$/) ?? [];
  return `${fileURLToPath(url)}${position}`;
}
