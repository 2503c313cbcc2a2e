/**
 * Faults of targets: what is wrong with those that no stage makes.
 *
 * Views and merges are worked out where they are used. Of a target that is one, nobody else may ever ask
 * what it is, so the build does: it has not made what it was asked for if there is no such file.
 *
 * @module
 */
import { isArtifact, state, type Artifact, type Handle, type Origin } from "../artifact/handle.ts";
import { BuildError } from "../errors/build-error.ts";
import type { Plan } from "../graph/plan.ts";
import { describeArtifact, noNode, type Listener } from "../rebuild/description.ts";
import { resolveArtifact, type KnownValues } from "../rebuild/resolve.ts";
import type { SourceChanges } from "../rebuild/sources.ts";
import type { ContentStore } from "../store/store.ts";

/**
 * What is wrong with targets whose stages have all succeeded. A lost blob is no fault: whoever reads the
 * target has it made again.
 */
export async function faultsOfTargets(
  content: ContentStore,
  targets: readonly Handle[],
  known: KnownValues,
): Promise<BuildError[]> {
  const faults: BuildError[] = [];
  for (const artifact of derivedArtifacts(targets)) {
    try {
      await resolveArtifact(content, artifact, known);
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      if (error.code !== "BLOB_LOST") faults.push(error);
    }
  }
  return faults;
}

/**
 * All that decides about the faults of targets that no stage makes, but the results of stages; `undefined` when there are no
 * such targets, or it cannot be told.
 */
export function describeDerived(
  targets: readonly Handle[],
  plan: Plan,
  sources: SourceChanges,
): string | undefined {
  const pieces: (number | string)[] = [];
  const listener: Listener = {
    text: (piece) => pieces.push(piece),
    count: (number) => pieces.push(number),
  };
  for (const artifact of derivedArtifacts(targets)) {
    describeArtifact(artifact, plan, sources, listener);
  }
  if (pieces.length === 0) return undefined;
  // Of a call that is not in the plan itself, but a copy of it, it is not told which.
  return pieces.includes(noNode) ? undefined : JSON.stringify(pieces);
}

/** The artifacts among targets and in their groups that are views or merges. */
function derivedArtifacts(targets: readonly Handle[]): ReadonlySet<Artifact> {
  const derived = new Set<Artifact>();
  const groups = new Set<Handle>();
  const pending = [...targets];
  for (let handle = pending.pop(); handle !== undefined; handle = pending.pop()) {
    if (isArtifact(handle)) {
      if (isDerived(handle)) derived.add(handle);
      continue;
    }
    const inside = handle[state];
    if (inside.type !== "group" || groups.has(handle)) continue;
    groups.add(handle);
    const members = Object.values(inside.members as Readonly<Record<string, Handle>>);
    for (const member of members) pending.push(member);
  }
  return derived;
}

function isDerived(artifact: Artifact): boolean {
  let { origin }: { origin: Origin } = artifact[state];
  while (origin.type === "gated" || origin.type === "validated") ({ origin } = origin.base[state]);
  return origin.type === "view" || origin.type === "merge";
}
