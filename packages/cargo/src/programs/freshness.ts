/**
 * What cargo took from an inherited target directory, against what it may have taken.
 *
 * @module
 */
import { type Artifact, isLocalPackage, isPages, packageTitle } from "./cargo-messages.ts";

/** What was wrong with the use of a target directory. */
export interface Freshness {
  /** Local units that were taken from it, although it holds none of these sources. */
  readonly stale: readonly string[];
  /** External crates that it should have held, and that were compiled again. */
  readonly rebuilt: readonly string[];
}

/**
 * Judges the units of one cargo run.
 *
 * @param kept - manifests of the local packages whose real sources were built as dependencies.
 * @param hasLocals - whether the directory holds local units of these very sources.
 */
export function judgeFreshness(
  artifacts: readonly Artifact[],
  { kept, hasLocals }: { kept: ReadonlySet<string>; hasLocals: boolean },
): Freshness {
  const isLocal = (one: Artifact): boolean => isLocalPackage(one.packageId);
  const stale = artifacts.filter(
    (one) => isLocal(one) && one.isFresh && !hasLocals && !kept.has(one.manifest),
  );
  const rebuilt = artifacts.filter((one) => !isLocal(one) && !one.isFresh && !isPages(one));
  return {
    stale: stale.map((one) => `${packageTitle(one.packageId)} (${one.kind.join()} ${one.target})`),
    rebuilt: [...new Set(rebuilt.map((one) => packageTitle(one.packageId)))].toSorted(),
  };
}
