/**
 * Resolving: from handles to the values that they have in one build.
 *
 * @module
 */
import { describeOrigin } from "../artifact/artifact.ts";
import {
  state,
  type Artifact,
  type MergeOrigin,
  type Origin,
  type SourceOrigin,
} from "../artifact/handle.ts";
import { mergesBelow } from "../artifact/merges.ts";
import { artifactNotBuilt, attemptWithout, outputAbsent } from "../errors/output-errors.ts";
import { asCall } from "../graph/closure.ts";
import type { CommandSpec } from "../graph/command.ts";
import type { StageCall } from "../graph/stage.ts";
import { imageArtifact } from "../graph/where.ts";
import type { Value } from "../runner/runner.ts";
import type { ContentStore } from "../store/store.ts";
import type { Laid } from "./lay.ts";
import { mergeTrees } from "./merge-trees.ts";
import { applyView } from "./view.ts";

/** The values known so far. */
export interface KnownValues {
  sourceValue(origin: SourceOrigin): Value | undefined;
  outputValue(call: StageCall, output: string): Value | undefined;
  /** True when the call has succeeded, whatever it has written. */
  hasRun(call: StageCall): boolean;
}

/**
 * The value of an artifact whose producer has succeeded.
 *
 * @throws {@link BuildError} `ARTIFACT_NOT_BUILT` when it has no value, or an error of its views.
 */
export async function resolveArtifact(
  content: ContentStore,
  artifact: Artifact,
  known: KnownValues,
): Promise<Value> {
  const merges = new Map<MergeOrigin, Value>();
  for (const merge of mergesBelow(artifact)) {
    const parts: Laid[] = [];
    for (const part of merge.parts) {
      const { origin } = part.artifact[state];
      parts.push({ ...part, value: await resolveOrigin(content, origin, known, merges) });
    }
    const digest = await mergeTrees(content, parts, merge.onConflict);
    merges.set(merge, { kind: "tree", digest });
  }
  return await resolveOrigin(content, artifact[state].origin, known, merges);
}

/**
 * The content of the image that a command wants to run in, if that is an artifact.
 *
 * @throws {@link BuildError} as {@link resolveArtifact} does.
 */
export async function resolveImage(
  content: ContentStore,
  command: CommandSpec,
  known: KnownValues,
): Promise<Value | undefined> {
  const image = imageArtifact(command);
  return image && (await resolveArtifact(content, image, known));
}

async function resolveOrigin(
  content: ContentStore,
  origin: Origin,
  known: KnownValues,
  merges: ReadonlyMap<MergeOrigin, Value>,
): Promise<Value> {
  switch (origin.type) {
    case "source":
      return known.sourceValue(origin) ?? notBuilt(origin);
    case "text": {
      const digest = await content.write(Buffer.from(origin.text));
      return { kind: "file", digest, isExecutable: origin.isExecutable };
    }
    case "output":
      return known.outputValue(asCall(origin.producer), origin.output) ?? notBuilt(origin, known);
    case "gated":
    case "validated":
      return await resolveOrigin(content, origin.base[state].origin, known, merges);
    case "merge":
      return merges.get(origin) ?? notBuilt(origin);
    case "view": {
      const base = await resolveOrigin(content, origin.base[state].origin, known, merges);
      const shown = describeOrigin(origin.base[state].origin);
      return await applyView(content, base.digest, origin.view, shown);
    }
  }
}

function notBuilt(origin: Origin, known?: KnownValues): never {
  const shown = describeOrigin(origin);
  const call = origin.type === "output" ? asCall(origin.producer) : undefined;
  if (call === undefined || known?.hasRun(call) !== true) throw artifactNotBuilt(shown);
  throw (call.command.isAttempt ? attemptWithout : outputAbsent)(shown);
}
