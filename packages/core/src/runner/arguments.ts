/**
 * Arguments: what a stage was called with, as its command finds it.
 *
 *     compile({ src, level: 2 })  ──▶  { src: contents of in/src, level: 2 }
 *
 * The places of artifacts in the input root follow from the command, so whoever has an action can tell
 * which of the paths there belong to which argument. What the body has laid nowhere, the command cannot
 * see, and neither can who reads by these.
 *
 * @module
 */
import { isSameOrigin, nameOf } from "../artifact/artifact.ts";
import { isArtifact, isHandle, state, type Artifact, type Kind } from "../artifact/handle.ts";
import { isWithin, joinPath, parsePath, type ArtifactPath } from "../artifact/path.ts";
import type { Mount } from "../graph/command.ts";
import type { Action } from "./runner.ts";

/** An artifact among the arguments of a call. */
export interface ArgumentPlace {
  readonly kind: Kind;
  /** Name for people. */
  readonly name: string;
  /**
   * Where something of the input root lies in the artifact: empty for the artifact itself, and `undefined`
   * when it is no part of it.
   */
  readonly pathOf: (path: ArtifactPath) => ArtifactPath | undefined;
}

/**
 * What the stage of an action was called with, with something else in the place of each artifact. Lists,
 * plain objects, groups and the results of stages are looked into; a check becomes `undefined`.
 */
export function argumentsOf(
  { call }: Action,
  replace: (place: ArgumentPlace) => unknown,
): readonly unknown[] {
  // Copies stand on other calls, but lay the same things in the same places.
  const { args, command } = call.original;
  return args.map((argument) => replaceIn(argument, command.mounts, replace));
}

function replaceIn(
  value: unknown,
  mounts: readonly Mount[],
  replace: (place: ArgumentPlace) => unknown,
): unknown {
  const inside = (each: unknown): unknown => replaceIn(each, mounts, replace);
  if (isArtifact(value)) {
    const { kind } = value[state];
    return replace({ kind, name: nameOf(value), pathOf: (path) => pathIn(mounts, value, path) });
  }
  if (Array.isArray(value)) return value.map(inside);
  if (isHandle(value)) {
    const { type } = value[state];
    return type === "check" ? undefined : mapValues(value, inside);
  }
  const isPlain = typeof value === "object" && value !== null && isPlainObject(value);
  return isPlain ? mapValues(value, inside) : value;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function mapValues(record: object, change: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** A path in the input root as one in an artifact. */
function pathIn(
  mounts: readonly Mount[],
  wanted: Artifact,
  path: ArtifactPath,
): ArtifactPath | undefined {
  const mount = deepest(mounts, path);
  return mount && below(mount.artifact, tailOf(path, mount.path), wanted);
}

/** Goes down from an artifact to what it is made of, with a path in it, until it meets the wanted one. */
function below(artifact: Artifact, path: ArtifactPath, wanted: Artifact): ArtifactPath | undefined {
  const { origin } = artifact[state];
  if (isSameOrigin(origin, wanted[state].origin)) return path;
  switch (origin.type) {
    case "source":
    case "text":
    case "output":
      return undefined;
    case "gated":
    case "validated":
      return below(origin.base, path, wanted);
    case "merge": {
      const part = deepest(origin.parts, path);
      return part && below(part.artifact, tailOf(path, part.path), wanted);
    }
    case "view": {
      const { view } = origin;
      return below(origin.base, "path" in view ? joinPath(view.path, path) : path, wanted);
    }
  }
}

/** Of what is laid at paths, the one that a path leads into. */
function deepest<T extends { readonly path: ArtifactPath }>(
  laid: readonly T[],
  path: ArtifactPath,
): T | undefined {
  return laid
    .filter((each) => isWithin(path, each.path))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
}

function tailOf(path: ArtifactPath, folder: ArtifactPath): ArtifactPath {
  return parsePath(path.slice(folder.length).replace(/^\//, ""));
}
