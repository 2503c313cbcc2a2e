/**
 * Counterparts: from handles that belong to an artifact to those that belong to a copy of it.
 *
 *     artifact ◀── calls ──▶ others of theirs         known to whoever made them
 *        ┊           ┊             ┊
 *      copy    ◀── copies ──▶ counterparts            with the gates of the copy
 *
 * `seq` and `after` give out copies. Who keeps more about an artifact than its handle, such as what else the
 * same calls have made, finds with this what goes with the copy.
 *
 * @module
 */
import { isSameView } from "../artifact/artifact.ts";
import { state, type Artifact, type Handle, type Origin } from "../artifact/handle.ts";
import { asCall, callsBelow } from "./closure.ts";
import { Copies, copyAbove, moved } from "./copies.ts";

/** Gives for a handle the one that goes with a copy; the handle itself, where nothing of it was copied. */
export type Counterparts = <H extends Handle>(handle: H) => H;

/** Two artifacts that should differ in gates alone. */
type Pair = readonly [one: Artifact, other: Artifact];

/**
 * Compares an artifact with what may be a copy of it. Names count for nothing.
 *
 * @returns `undefined` when `copy` is none: when other calls make it, or it is another view of what they make, or it has
 *   checks of its own.
 * @example
 * ```ts
 * const ordered = seq({ lint, compiled });
 * const counterpart = counterparts(compiled.app, ordered.compiled.app);
 * const symbols = counterpart?.(compiled.symbols); // made after `lint`, as that app is
 * ```
 */
export function counterparts(original: Artifact, copy: Artifact): Counterparts | undefined {
  const copies = new Copies();
  const seen = new Set<Origin>();
  const pending: Pair[] = [[original, copy]];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const { origin: one } = pair[0][state];
    const { origin: other } = pair[1][state];
    // What is shared was not copied, and nothing below it.
    if (one === other || seen.has(one)) continue;
    seen.add(one);
    const below = pairsBelow(one, other, copies);
    if (below === undefined) return undefined;
    for (const next of below) pending.push(next);
  }
  return (handle) => {
    copyAbove(callsBelow([handle]), copies);
    return moved(handle, copies);
  };
}

/** What must be copies for two origins to be; remembers the calls. `undefined` when they are none whatever is below. */
function pairsBelow(one: Origin, other: Origin, copies: Copies): readonly Pair[] | undefined {
  switch (one.type) {
    case "source":
    case "text":
      return undefined;
    case "view":
      return other.type === "view" && isSameView(one.view, other.view)
        ? [[one.base, other.base]]
        : undefined;
    case "gated":
    case "validated":
      return other.type === one.type ? [[one.base, other.base]] : undefined;
    case "output": {
      if (other.type !== "output" || other.output !== one.output) return undefined;
      const [call, copy] = [asCall(one.producer), asCall(other.producer)];
      if (call.original !== copy.original) return undefined;
      if (call === copy || copies.calls.has(call)) return [];
      copies.calls.set(call, copy);
      return pairs(call.command.mounts, copy.command.mounts);
    }
    case "merge": {
      const isAlike =
        other.type === "merge" &&
        other.onConflict === one.onConflict &&
        other.parts.length === one.parts.length &&
        other.parts.every(({ path }, at) => path === one.parts[at]?.path);
      return isAlike ? pairs(one.parts, other.parts) : undefined;
    }
  }
}

/** Copies have as much mounted as what they are copies of, in the same order. */
function pairs(
  these: readonly { readonly artifact: Artifact }[],
  those: readonly { readonly artifact: Artifact }[],
): readonly Pair[] {
  return these.flatMap(({ artifact }, at): readonly Pair[] => {
    const other = those[at];
    return other === undefined ? [] : [[artifact, other.artifact]];
  });
}
