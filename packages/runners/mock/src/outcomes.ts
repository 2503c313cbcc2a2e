/**
 * Outcomes: what commands have made, in words that can be compared.
 *
 * @module
 */
import {
  BuildError,
  sizeOf,
  type Action,
  type ContentStore,
  type Digest,
  type Execution,
} from "@ashlar/core";

/** What one action has made. */
export interface StageOutcome {
  readonly stage: string;
  /** In words: equal words mean equal bytes. */
  readonly made: string;
}

/** What one stage has made in two builds, in words. */
export interface StageDifference {
  /** Its name; from its second call on, with `#2` and so on, in the order in which they were first started. */
  readonly stage: string;
  readonly first: string;
  readonly later: string;
}

/** Texts up to this size are shown, in bytes. */
const shownBytes = 60;

/** What was made, of each output of an action that ended. */
export async function describeExecution(
  { outputs, isAttempt }: Action,
  execution: Execution,
  content: ContentStore,
): Promise<string> {
  const made: string[] = [];
  if (execution.exitCode !== 0) made.push(`exit ${execution.exitCode ?? execution.endedBy ?? ""}`);
  for (const { name, path } of outputs) {
    const value = execution.outputs.get(path);
    if (value === undefined) continue;
    const isText = value.kind === "file" && sizeOf(value.digest) <= shownBytes;
    const shown = isText ? await textOf(content, value.digest) : shortened(value.digest);
    const mode = value.kind === "file" && value.isExecutable ? " (executable)" : "";
    made.push(`${name} = ${shown}${mode}`);
  }
  // What it prints is part of what an attempt gives.
  for (const stream of isAttempt ? (["stdout", "stderr"] as const) : []) {
    made.push(`${stream} = ${shortened(execution[stream])}`);
  }
  return made.length === 0 ? "nothing" : made.join(", ");
}

/** How an action failed of which nothing more is known. */
export function describeFailure(error: unknown): string {
  if (error instanceof BuildError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/**
 * What differs between two builds: of actions that both have run, what they made. If that is all the same, the
 * actions that only one of them has run.
 */
export function compareOutcomes(
  first: ReadonlyMap<string, StageOutcome>,
  later: ReadonlyMap<string, StageOutcome>,
): readonly StageDifference[] {
  const differences: StageDifference[] = [];
  const lonely: StageDifference[] = [];
  for (const [key, { stage, made }] of first) {
    const other = later.get(key);
    if (other === undefined) lonely.push({ stage, first: made, later: "not run" });
    else if (other.made !== made) differences.push({ stage, first: made, later: other.made });
  }
  for (const [key, { stage, made }] of later) {
    if (!first.has(key)) lonely.push({ stage, first: "not run", later: made });
  }
  return differences.length > 0 ? differences : lonely;
}

async function textOf(content: ContentStore, digest: Digest): Promise<string> {
  const bytes = await content.read(digest);
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? JSON.stringify(text) : shortened(digest);
}

/** Enough of a digest to tell it from others. */
function shortened(digest: Digest): string {
  return `${digest.slice(0, 12)}/${sizeOf(digest)}`;
}
