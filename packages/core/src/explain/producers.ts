/**
 * Producers: the stage calls that make what a handle stands for.
 *
 * @module
 */
import { state, type Artifact, type Handle } from "../artifact/handle.ts";
import { asCall } from "../graph/closure.ts";
import type { StageCall } from "../graph/stage.ts";
import { imageArtifact } from "../graph/where.ts";

/** The calls, each once. None for sources and texts; gates and checks beside do not count. */
export function producersOf(handle: Handle): readonly StageCall[] {
  const calls = new Set<StageCall>();
  const seen = new Set<unknown>();
  const pending: Handle[] = [handle];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const inside = next[state];
    if (inside.type === "group") {
      const members: readonly Handle[] = Object.values(inside.members as Record<string, Handle>);
      pending.push(...members.toReversed());
    } else if (inside.type === "artifact") {
      pending.push(...belowArtifact(next as Artifact, calls).toReversed());
    } else {
      calls.add(asCall(inside.producer));
    }
  }
  return [...calls];
}

/** The calls whose outputs a call is given, or runs in. */
export function producersFor({ command }: StageCall): ReadonlySet<StageCall> {
  const needed = new Set<StageCall>();
  const artifacts: Artifact[] = command.mounts.map(({ artifact }) => artifact);
  const image = imageArtifact(command);
  if (image !== undefined) artifacts.push(image);
  for (const artifact of artifacts) for (const each of producersOf(artifact)) needed.add(each);
  return needed;
}

/** The artifacts that one is made of; a call that makes it is added. */
function belowArtifact(artifact: Artifact, calls: Set<StageCall>): readonly Artifact[] {
  const { origin } = artifact[state];
  switch (origin.type) {
    case "source":
    case "text":
      return [];
    case "output":
      calls.add(asCall(origin.producer));
      return [];
    case "gated":
    case "validated":
    case "view":
      return [origin.base];
    case "merge":
      return origin.parts.map((part) => part.artifact);
  }
}
