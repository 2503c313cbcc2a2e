/**
 * What cargo compiled and what it found fresh, in a line for people.
 *
 * @module
 */
import { type Artifact, isLocalPackage, isPages, packageTitle } from "./cargo-messages.ts";
import { compare } from "./tree.ts";

/** Names the packages of which units were compiled; of fresh ones, how many. */
export function renderUnits(artifacts: readonly Artifact[]): string {
  const compiled = artifacts.filter(({ isFresh }) => !isFresh);
  const fresh = artifacts.length - compiled.length;
  const part = (label: string, some: readonly Artifact[]): string =>
    `${label}: ${titles(some).join(", ") || "none"}`;
  return [
    part("compiled local", compiled.filter(isLocal)),
    part(
      "external",
      compiled.filter((one) => !isLocal(one) && !isPages(one)),
    ),
    `fresh units: ${fresh}`,
  ].join("; ");
}

/** The same of a run in which local packages are stubs, which do not count. */
export function renderExternals(artifacts: readonly Artifact[]): string {
  const externals = artifacts.filter((one) => !isLocal(one));
  const compiled = externals.filter(({ isFresh }) => !isFresh);
  const list = titles(compiled).join(", ") || "none";
  return `compiled dependencies: ${list}; fresh units: ${externals.length - compiled.length}`;
}

function isLocal({ packageId }: Artifact): boolean {
  return isLocalPackage(packageId);
}

function titles(artifacts: readonly Artifact[]): readonly string[] {
  return [...new Set(artifacts.map(({ packageId }) => packageTitle(packageId)))].toSorted(compare);
}
