/**
 * Changes: what of an action differs from an earlier action of the same stage call.
 *
 * Plain data, that survives JSON; {@link describeChange} has the words for it.
 *
 * @module
 */
import type { PartType } from "../rebuild/key-parts.ts";
import { diffTexts } from "./diff-lists.ts";

/** One difference. */
export type Change = PartChange | InputChange;

/** A part of the key that is another one, new, or gone. */
export interface PartChange {
  readonly type: Exclude<PartType, "input-root">;
  /** Position of an argument from 0; name of a variable, tool, property; path of an output. */
  readonly name: string;
  /** Absent when it is new. */
  readonly before?: string;
  /** Absent when it is gone. */
  readonly after?: string;
}

/** A difference of what the command is given. */
export interface InputChange {
  readonly type: "input";
  /** Where it lies in the input root; a directory ends with `/`. */
  readonly path: string;
  readonly how: InputDifference;
  /** Where it comes from: where the change was made. */
  readonly from: InputOrigin;
  /** Of links: where they led, and where they lead. */
  readonly before?: string;
  readonly after?: string;
  /** Of small text files of sources and texts: lines that begin with `-`, `+` or a space. */
  readonly diff?: readonly string[];
}

/** In what two entries at one path differ. */
export type InputDifference =
  | "added"
  | "removed"
  | "content"
  | "executable"
  | "not-executable"
  | "link"
  | "kind"
  /** Of a directory: one of the two can no longer be read, so there is no more to say. */
  | "unreadable";

/** Where an input comes from. Paths are those in the origin; a directory ends with `/`. */
export type InputOrigin =
  | { readonly type: "source"; readonly location: string; readonly path: string }
  | { readonly type: "text"; readonly name: string }
  | {
      readonly type: "output";
      /** The stage call, as reports and plans call it. */
      readonly stage: string;
      /** Name of the output. */
      readonly output: string;
      readonly path: string;
    }
  /** No input of today's call lies there. */
  | { readonly type: "unknown" };

/** A change in words: a line, then more of it if need be. */
export function describeChange(change: Change): string[] {
  return change.type === "input" ? describeInput(change) : describePart(change);
}

/** A change in a few words. */
export function summarizeChange(change: Change): string {
  if (change.type === "input") return `${whatOf(change)} ${verbOf(change)}`;
  const [line = "", ...more] = describePart(change);
  return more.length > 0 ? line.replace(/:$/, " differs") : line;
}

function describeInput(change: InputChange): string[] {
  return [`${whatOf(change)} ${verbOf(change)}`, ...(change.diff ?? []).map((line) => `  ${line}`)];
}

function whatOf({ from, path }: InputChange): string {
  switch (from.type) {
    case "source":
      return shownPath(from.location, from.path);
    case "text":
      return `text \`${from.name}\``;
    case "output": {
      const whole = `\`${from.output}\` of \`${from.stage}\``;
      return from.path === "" ? whole : `${from.path} in ${whole}`;
    }
    case "unknown":
      return `input ${path}`;
  }
}

/** A path in a source, without the place of the source if that is nobody else's business. */
function shownPath(location: string, path: string): string {
  const name = location.startsWith("/") ? location.slice(location.lastIndexOf("/") + 1) : location;
  if (path === "") return name;
  return name === "." ? path : `${name}/${path}`;
}

function verbOf({ how, before, after }: InputChange): string {
  switch (how) {
    case "added":
      return "is new";
    case "removed":
      return "is gone";
    case "content":
      return "differs";
    case "executable":
      return "is executable now";
    case "not-executable":
      return "is no longer executable";
    case "link":
      return `leads to ${quoted(after)} now, not to ${quoted(before)}`;
    case "kind":
      return `is ${after ?? ""} now, not ${before ?? ""}`;
    case "unreadable":
      return "differs; what it held before is no longer in the store";
  }
}

function describePart({ type, name, before, after }: PartChange): string[] {
  switch (type) {
    case "argument":
      return describeValues(`argument ${name}`, before, after);
    case "variable":
      return describeValues(`variable \`${name}\``, before, after);
    case "platform":
      return describeValues(`platform \`${name}\``, before, after);
    case "working-directory":
      return describeValues("working directory", before || ".", after || ".");
    case "input-tool":
      return describeValues(`tool \`${name}\``, before, after);
    case "tool":
      if (isDigest(before) && isDigest(after)) return [`tool \`${name}\` is another program`];
      // A digest says nothing to people.
      if (before === undefined && isDigest(after)) return [`tool \`${name}\` is new`];
      return describeValues(`tool \`${name}\``, before, after);
    case "output":
      return [`output ${name} is ${before === undefined ? "new" : "gone"}`];
    case "recipe":
      return ["another version of Ashlar makes other keys"];
    case "path":
      return [
        after === "declared"
          ? "`PATH` leads to declared tools only"
          : "`PATH` leads to the system's programs",
      ];
    case "attempt":
      return [before === undefined ? "it may fail now" : "it may no longer fail"];
    case "side-effects":
      return [before === undefined ? "it has side effects now" : "it has no side effects now"];
    case "unkeyed":
      return [`${name} is ${before === undefined ? "new" : "gone"}`];
  }
}

/** Longest value that stands in a line. */
const maxShown = 60;

function describeValues(
  what: string,
  before: string | undefined,
  after: string | undefined,
): string[] {
  const known = [before, after].filter((value) => value !== undefined);
  if (before === undefined || after === undefined) {
    const verb = before === undefined ? "is new" : "is gone";
    const [value = ""] = known;
    return [isShort(value) ? `${what} ${verb}: ${quoted(value)}` : `${what} ${verb}`];
  }
  if (known.every(isShort)) return [`${what}: ${quoted(before)} is now ${quoted(after)}`];
  return [`${what}:`, ...diffTexts(before, after).map((line) => `  ${line}`)];
}

function isShort(value: string): boolean {
  return value.length <= maxShown && !value.includes("\n");
}

function quoted(value: string | undefined): string {
  return `\`${value ?? ""}\``;
}

function isDigest(value: string | undefined): boolean {
  return value !== undefined && /^[0-9a-f]{64}\/\d+$/.test(value);
}
