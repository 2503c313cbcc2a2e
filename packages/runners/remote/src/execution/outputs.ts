/**
 * Outputs: from a result of a service to what a runner says that it saw.
 *
 * @module
 */
import { posix } from "node:path";

import {
  capturedOutputs,
  kindName,
  outputUnfit,
  outputWrongKind,
  BuildError,
  type Action,
  type ArtifactPath,
  type ContentStore,
  type Digest,
  type Execution,
  type Value,
  type OutputFile,
} from "@ashlar/core";

import type { Downloads } from "./download.ts";
import type { ForeignDirectory, ForeignResult } from "./foreign-result.ts";
import { readTree } from "./trees.ts";

/** What is taken from a result. */
export type TakenOutputs = Pick<Execution, "fault" | "outputs">;

/** Where outputs come from, and where they go to. */
export interface TakingContext {
  readonly downloads: Downloads;
  readonly content: ContentStore;
  readonly signal: AbortSignal;
}

/**
 * Takes the declared outputs of a result, as far as the store wants their bytes.
 *
 * @throws {@link LostRemotely}. Rejects with the signal's reason, or as the service and the store do.
 */
export async function takeOutputs(
  action: Action,
  result: ForeignResult,
  context: TakingContext,
): Promise<TakenOutputs> {
  const found = placesOf(action, result);
  const outputs = new Map<ArtifactPath, Value>();
  const blobs = new Set<Digest>();
  for (const { path, kind } of capturedOutputs(action, result.exitCode)) {
    const there = found.get(path);
    if (there === undefined) continue;
    if (there === "link" || kindOf(there) !== kind) {
      const what = there === "link" ? "a link or a special file" : kindName(kindOf(there));
      const fault = outputWrongKind(action.name, path, kindName(kind), what);
      return { outputs: new Map(), fault };
    }
    if ("isExecutable" in there) {
      const { digest, isExecutable } = there;
      blobs.add(digest);
      outputs.set(path, { kind: "file", digest, isExecutable });
      continue;
    }
    const tree = readTree(await context.downloads.bytesOf(there.treeDigest, context.signal));
    if (tree.fault !== undefined)
      return { outputs: new Map(), fault: unfit(action, path, tree.fault) };
    for (const message of tree.directories.values()) await context.content.write(message);
    for (const digest of tree.files) blobs.add(digest);
    outputs.set(path, { kind: "tree", digest: tree.digest });
  }
  await context.downloads.take(blobs, context.content, context.signal);
  return { outputs, fault: undefined };
}

/** Whether a result has all outputs that must be there. */
export function isComplete(action: Action, result: ForeignResult): boolean {
  const found = placesOf(action, result);
  return action.outputs.every(({ path, kind, isOptional }) => {
    const there = found.get(path);
    if (there === undefined) return isOptional;
    return there !== "link" && kindOf(there) === kind;
  });
}

type Found = ForeignDirectory | OutputFile | "link";

function kindOf(found: ForeignDirectory | OutputFile): "file" | "tree" {
  return "isExecutable" in found ? "file" : "tree";
}

/** What a result has, by its path in the input root. Services may write paths otherwise than they were given. */
function placesOf(
  { cwd }: Action,
  { files, directories, links }: ForeignResult,
): Map<string, Found> {
  const found = new Map<string, Found>();
  const at = (path: string): string => posix.normalize(posix.join(cwd, path)).replace(/\/$/, "");
  for (const path of links) found.set(at(path), "link");
  for (const file of files) found.set(at(file.path), file);
  for (const directory of directories) found.set(at(directory.path), directory);
  return found;
}

function unfit({ name }: Action, path: string, reason: string): BuildError {
  const cause = new BuildError({ code: "SYMLINK_LEAVES", message: "a link leads out of the tree" });
  return outputUnfit(name, path, cause, `${reason}, which leads out of the output`);
}
