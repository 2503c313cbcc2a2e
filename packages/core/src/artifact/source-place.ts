/**
 * Where on the disk an artifact comes from, if it comes from there.
 *
 * @module
 */
import { isHandle, state, type Artifact } from "./handle.ts";
import { joinPath, rootPath, type ArtifactPath } from "./path.ts";

/** The place of a source, or of a part of one. */
export interface SourcePlace {
  /** Directory of the source: absolute, or relative to the root directory of a build. */
  readonly location: string;
  /** Path in it; empty for the directory itself. */
  readonly path: ArtifactPath;
}

/** The place of an artifact on the disk; `undefined` when it is made, or put together, or fetched. */
export function sourcePlaceOf(artifact: Artifact): SourcePlace | undefined {
  if (!isHandle(artifact)) return undefined;
  let path: ArtifactPath = rootPath;
  let { origin } = artifact[state];
  while ("base" in origin) {
    if (origin.type === "view" && "path" in origin.view) path = joinPath(origin.view.path, path);
    ({ origin } = origin.base[state]);
  }
  if (origin.type !== "source" || origin.fetch !== undefined) return undefined;
  return { location: origin.location, path };
}
