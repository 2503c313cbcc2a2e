/**
 * Stage facts: what a statement says of each stage call that an artifact is made of.
 *
 * @module
 */
import {
  isArtifact,
  isHandle,
  state,
  type Artifact,
  type SourceOrigin,
} from "../artifact/handle.ts";
import type { Json } from "../base/canonical-json.ts";
import { describe } from "../base/describe.ts";
import { asCall } from "../graph/closure.ts";
import { insideOf, isSecret, placeholderOf } from "../graph/secret.ts";
import type { StageCall } from "../graph/stage.ts";
import type { KeyPart } from "../rebuild/key-parts.ts";
import type { RunRecord } from "../rebuild/rebuilder.ts";
import { placeOf, within } from "./descriptors.ts";

/** How things are called in a statement. */
export interface Names {
  /** Absolute directory of the build, which no statement holds. */
  readonly cwd: string;
  readonly labelOf: (call: StageCall) => string;
}

/** What was run in a call, with what, by whom and when. */
export function factsOf(
  call: StageCall,
  parts: readonly KeyPart[],
  run: { readonly key: string | undefined; readonly result: RunRecord | undefined },
  names: Names,
): Json {
  const { mounts } = call.command;
  const inputs = Object.fromEntries(
    mounts.map(({ path, artifact }) => [path || ".", nameArtifact(artifact, names)]),
  );
  const stage = { name: names.labelOf(call), inputs };
  // A dynamic stage runs nothing: it has described other stages, which are here.
  if (call.expand !== undefined) return { ...stage, dynamic: true };
  const valuesOf = (type: KeyPart["type"]): string[] =>
    parts.filter((part) => part.type === type).map(({ value }) => value);
  const namesOf = (type: KeyPart["type"]): string[] =>
    parts.filter((part) => part.type === type).map(({ name }) => name);
  const pairsOf = (type: KeyPart["type"]): Record<string, string> =>
    Object.fromEntries(
      parts.flatMap((each) => (each.type === type ? [[each.name, each.value]] : [])),
    );
  const { key, result } = run;
  return {
    ...stage,
    ...(key !== undefined && { action: key }),
    arguments: valuesOf("argument"),
    environment: pairsOf("variable"),
    workingDirectory: valuesOf("working-directory").join(""),
    outputs: namesOf("output"),
    platform: pairsOf("platform"),
    tools: [...namesOf("tool"), ...namesOf("input-tool")],
    notInKey: namesOf("unkeyed"),
    ...(result !== undefined && {
      ranBy: result.worker,
      startedOn: timeText(result.startedAt),
      finishedOn: timeText(result.finishedAt),
    }),
  };
}

/** What a stage was called with: plain data as it is, and the rest by its name. */
export function parametersOf({ original }: StageCall, names: Names): Json {
  return original.args.map((argument) => plain(argument, names));
}

function plain(value: unknown, names: Names): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (isArtifact(value)) return nameArtifact(value, names);
  if (isSecret(value)) return placeholderOf(insideOf(value).name);
  if (Array.isArray(value)) return value.map((each) => plain(each, names));
  const isRecord = typeof value === "object" && isPlain(value);
  if (!isRecord) return isHandle(value) ? `a ${value[state].type}` : describe(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => [name, plain(each, names)]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return !isHandle(value) && (prototype === Object.prototype || prototype === null);
}

/** Where an artifact comes from: `compile.app`, `source src/main.c`. Says nothing of this machine. */
export function nameArtifact(artifact: Artifact, names: Names): string {
  const { origin } = artifact[state];
  switch (origin.type) {
    case "source":
      return nameSource(origin, names);
    case "text":
      return "text";
    case "output":
      return `${names.labelOf(asCall(origin.producer))}.${origin.output}`;
    case "merge":
      return `merge of ${origin.parts.length}`;
    case "gated":
    case "validated":
      return nameArtifact(origin.base, names);
    case "view": {
      const { view } = origin;
      const below = origin.base[state].origin;
      const base = nameArtifact(origin.base, names);
      // A source that is one file is a tree with this file alone.
      const isWhole = below.type === "source" && (below.file ?? below.fetch?.name) !== undefined;
      if (isWhole && "path" in view) return base;
      return "path" in view
        ? within(base, view.path)
        : `${base}.${view.type}(${view.globs.join(", ")})`;
    }
  }
}

function nameSource({ location, file, fetch }: SourceOrigin, { cwd }: Names): string {
  if (fetch !== undefined) return `fetch ${location}`;
  const place = placeOf(location, cwd);
  return `source ${file === undefined ? place : within(place, file)}`;
}

/** A moment in RFC 3339, in UTC. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
