/**
 * Outputs: what a command left at the places that it declared.
 *
 * @module
 */
import * as fs from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";

import {
  outputWrongKind,
  snapshot,
  snapshotFile,
  walkTree,
  type Action,
  type ArtifactPath,
  type ContentStore,
  type OutputSpec,
  type Value,
} from "@ashlar/core";

/** Paths that an error shows at most. */
const maxShown = 100;

/** Makes the folders that the outputs are to be written into. */
export async function makeOutputParents(root: string, { outputs }: Action): Promise<void> {
  for (const { path } of outputs) await mkdir(dirname(join(root, path)), { recursive: true });
}

/**
 * Takes the declared outputs that are there into the store.
 *
 * @throws {@link BuildError} `OUTPUT_WRONG_KIND`, or an error of the snapshot.
 */
export async function collectOutputs(
  content: ContentStore,
  root: string,
  action: Action,
): Promise<Map<ArtifactPath, Value>> {
  const values = new Map<ArtifactPath, Value>();
  for (const output of action.outputs) {
    const value = await collect(content, root, output, action.name);
    if (value !== undefined) values.set(output.path, value);
  }
  return values;
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
  const found = stats.isSymbolicLink() ? followInside(root, place) : place;
  const what = found === undefined ? "a link that leads elsewhere" : kindOf(fs.statSync(found));
  const declared = kind === "file" ? "a file" : "a directory";
  if (found === undefined || what !== declared) {
    throw outputWrongKind(stage, path, declared, what);
  }
  if (kind === "tree") return { kind, digest: await snapshot(content, found) };
  return { kind, ...(await snapshotFile(content, found, path)) };
}

/** Where a link leads; `undefined` if that is nowhere, or out of the input root. */
function followInside(root: string, link: string): string | undefined {
  try {
    const target = fs.realpathSync(link);
    return target.startsWith(`${fs.realpathSync(root)}/`) ? target : undefined;
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
    .sort()
    .slice(0, maxShown);
}
