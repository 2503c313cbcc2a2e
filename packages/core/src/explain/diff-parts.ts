/**
 * Differences of key parts.
 *
 * @module
 */
import type { KeyPart, PartType } from "../rebuild/key-parts.ts";
import type { PartChange } from "./change.ts";
import { diffLists } from "./diff-lists.ts";

/** What differs between the parts of two actions, but for their input roots. */
export function diffParts(before: readonly KeyPart[], after: readonly KeyPart[]): PartChange[] {
  const changes = diffArguments(argumentsOf(before), argumentsOf(after));
  const old = byName(before);
  for (const part of after) {
    if (!isNamed(part)) continue;
    const { type, name, value } = part;
    // Names may be there several times: each is compared with its own counterpart.
    const earlier = old.get(keyOf(part))?.shift();
    if (earlier === undefined) changes.push({ type, name, after: value });
    else if (earlier.value !== value) {
      changes.push({ type, name, before: earlier.value, after: value });
    }
  }
  for (const parts of old.values()) {
    for (const { type, name, value } of parts) changes.push({ type, name, before: value });
  }
  return changes;
}

/** Any part but arguments, which have positions, and the input root, which has a content. */
interface NamedPart extends KeyPart {
  readonly type: Exclude<PartType, "argument" | "input-root">;
}

function isNamed(part: KeyPart): part is NamedPart {
  return part.type !== "argument" && part.type !== "input-root";
}

function byName(parts: readonly KeyPart[]): Map<string, NamedPart[]> {
  const named = new Map<string, NamedPart[]>();
  for (const part of parts) {
    if (!isNamed(part)) continue;
    const known = named.get(keyOf(part));
    if (known === undefined) named.set(keyOf(part), [part]);
    else known.push(part);
  }
  return named;
}

function keyOf({ type, name }: KeyPart): string {
  return `${type} ${name}`;
}

function argumentsOf(parts: readonly KeyPart[]): string[] {
  return parts.filter(({ type }) => type === "argument").map(({ value }) => value);
}

/** Words that stand in the place of others are changes of these; the rest are new, or gone. */
function diffArguments(before: readonly string[], after: readonly string[]): PartChange[] {
  const changes: PartChange[] = [];
  let [row, column] = [0, 0];
  let [removed, added]: [string[], string[]] = [[], []];
  const flush = (): void => {
    const both = Math.min(removed.length, added.length);
    for (const [at, word] of removed.entries()) {
      const now = added[at];
      const place = at < both ? column - added.length + at : row - removed.length + at;
      const change = { type: "argument", name: String(place), before: word } as const;
      changes.push(now === undefined ? change : { ...change, after: now });
    }
    for (const [at, word] of added.slice(both).entries()) {
      const place = column - added.length + both + at;
      changes.push({ type: "argument", name: String(place), after: word });
    }
    [removed, added] = [[], []];
  };
  for (const { type, text } of diffLists(before, after)) {
    if (type === "same") flush();
    if (type !== "added") row++;
    if (type !== "removed") column++;
    if (type === "same") continue;
    (type === "removed" ? removed : added).push(text);
  }
  flush();
  return changes;
}
