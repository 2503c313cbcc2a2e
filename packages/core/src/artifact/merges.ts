/**
 * Merges that an artifact is made of.
 *
 * All other origins have one base at most; with merges, what an artifact is made of becomes a graph. Whoever
 * asks something of all of it walks it by this list: each merge once, however many share it, and however
 * deep they lie.
 *
 * @module
 */
import {
  state,
  type Artifact,
  type GatedOrigin,
  type MergeOrigin,
  type Origin,
  type ValidatedOrigin,
  type ViewOrigin,
} from "./handle.ts";

/** Where content itself comes from. */
export type RootOrigin = Exclude<Origin, ViewOrigin | GatedOrigin | ValidatedOrigin>;

const none: readonly MergeOrigin[] = Object.freeze([]);

/** Where the content of an artifact comes from, whatever is kept of it. */
export function rootOf(artifact: Artifact): RootOrigin {
  let { origin } = artifact[state];
  while ("base" in origin) ({ origin } = origin.base[state]);
  return origin;
}

/** What an artifact is a view of, under the name that it has there. */
export function wholeOf(artifact: Artifact): Artifact {
  let whole = artifact;
  for (let { origin } = whole[state]; "base" in origin; { origin } = whole[state]) {
    whole = origin.base;
  }
  return whole;
}

/** The merges that an artifact is made of, those below before those above. */
export function mergesBelow(artifact: Artifact): readonly MergeOrigin[] {
  const top = rootOf(artifact);
  if (top.type !== "merge") return none;
  const seen = new Set<MergeOrigin>([top]);
  const ordered: MergeOrigin[] = [];
  const stack = [{ merge: top, below: top.parts.values() }];
  for (let here = stack.at(-1); here !== undefined; here = stack.at(-1)) {
    const next = here.below.next();
    if (next.done === true) {
      ordered.push(here.merge);
      stack.pop();
      continue;
    }
    const root = rootOf(next.value.artifact);
    if (root.type !== "merge" || seen.has(root)) continue;
    seen.add(root);
    stack.push({ merge: root, below: root.parts.values() });
  }
  return ordered;
}
