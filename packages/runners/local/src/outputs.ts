/**
 * Outputs: what a command left at the places that it declared.
 *
 * @module
 */
import * as fs from "node:fs";
import { dirname, join } from "node:path";

import {
  BuildError,
  kindName,
  outputUnfit,
  outputWrongKind,
  secretFoundIn,
  snapshot,
  snapshotFile,
  walkTree,
  type Action,
  type ArtifactPath,
  type ContentStore,
  type ErrorCode,
  type OutputSpec,
  type Value,
} from "@ashlar/core";

/** Paths that an error shows at most. */
const maxShown = 100;

/**
 * Makes the folders that the outputs are to be written into: all but those that are themselves outputs,
 * or in one, for then it would seem that the command had made them.
 */
export function makeOutputParents(root: string, { outputs }: Action): void {
  for (const { path } of outputs) {
    const isInOther = outputs.some((other) => path.startsWith(`${other.path}/`));
    if (!isInOther && path.includes("/")) {
      fs.mkdirSync(dirname(join(root, path)), { recursive: true });
    }
  }
}

/** What of the declared outputs is there. */
export interface CollectedOutputs {
  readonly values: ReadonlyMap<ArtifactPath, Value>;
  /** Why one that is there cannot be kept. */
  readonly fault: BuildError | undefined;
}

/**
 * Takes the declared outputs that are there into the store. Stops at the first that cannot be kept.
 *
 * @throws {@link BuildError} an error of the store.
 */
export async function collectOutputs(
  content: ContentStore,
  root: string,
  action: Action,
): Promise<CollectedOutputs> {
  const values = new Map<ArtifactPath, Value>();
  for (const output of action.outputs) {
    try {
      const value = await collect(content, root, output, action.name);
      if (value !== undefined) values.set(output.path, value);
    } catch (error) {
      const fault = faultOf(error, output, action, root);
      if (fault === undefined) throw error;
      return { values, fault };
    }
  }
  return { values, fault: undefined };
}

/** Codes of errors that say something about the output, and not about the store. */
const unfit: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "FILE_NAME_NOT_UTF8",
  "SOURCE_CHANGED",
  "SOURCE_UNREADABLE",
  "SPECIAL_FILE",
  "SYMLINK_LEAVES",
]);

function faultOf(
  error: unknown,
  { path }: OutputSpec,
  action: Action,
  root: string,
): BuildError | undefined {
  if (!(error instanceof BuildError)) return undefined;
  if (error.code === "OUTPUT_WRONG_KIND") return error;
  if (error.code === "SECRET_IN_OUTPUT")
    return secretFoundIn(error, action, { root, output: path });
  // The place where it ran is gone when the error is read.
  const reason = error.message.replaceAll(`${root}/`, "");
  return unfit.has(error.code) ? outputUnfit(action.name, path, error, reason) : undefined;
}

async function collect(
  content: ContentStore,
  root: string,
  { path, kind }: OutputSpec,
  stage: string,
): Promise<Value | undefined> {
  const place = join(root, path);
  const stats = fs.lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  // Not only the output itself may be a link by now: so may the folders on the way to it.
  const isPlain = !stats.isSymbolicLink() && hasPlainParents(root, path);
  const found = isPlain ? place : followInside(root, place);
  const what =
    found === undefined
      ? "a link that leads elsewhere"
      : kindOf(isPlain ? stats : fs.statSync(found));
  const declared = kindName(kind);
  if (found === undefined || what !== declared) {
    throw outputWrongKind(stage, path, declared, what);
  }
  if (kind === "tree") return { kind, digest: await snapshot(content, found) };
  return { kind, ...(await snapshotFile(content, found, path)) };
}

/** Whether no folder between the input root and a path is a link. */
function hasPlainParents(root: string, path: string): boolean {
  const folders = path.split("/").slice(0, -1);
  return folders.every((_, at) =>
    fs.lstatSync(join(root, ...folders.slice(0, at + 1))).isDirectory(),
  );
}

/** Where a path leads; `undefined` if that is nowhere, or out of the input root. */
function followInside(root: string, path: string): string | undefined {
  try {
    const target = fs.realpathSync(path);
    return `${target}/`.startsWith(`${fs.realpathSync(root)}/`) ? target : undefined;
  } catch {
    return undefined;
  }
}

function kindOf(stats: fs.Stats): string {
  if (stats.isFile()) return "a file";
  return stats.isDirectory() ? "a directory" : "a special file";
}

/** Paths of files and links in the input root that are no inputs: what the command wrote. */
export async function writtenPaths(
  content: ContentStore,
  root: string,
  action: Action,
): Promise<string[]> {
  const inputs = new Set<string>();
  for await (const { path } of walkTree(content, action.inputRoot)) inputs.add(path);
  const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !inputs.has(path))
    .toSorted()
    .slice(0, maxShown);
}
