/**
 * Composing: a stage call and the values of its inputs become an action with its key.
 *
 * @module
 */
import { describeOrigin, nameOf } from "../artifact/artifact.ts";
import { state } from "../artifact/handle.ts";
import { isWithin, parentOf, parsePath, type ArtifactPath } from "../artifact/path.ts";
import { invariant } from "../base/assert.ts";
import type { Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { commandNotFound, cwdMissing } from "../errors/command-errors.ts";
import { outputPathTaken } from "../errors/output-errors.ts";
import { toolNotExecutable, toolNotInTree } from "../errors/tool-errors.ts";
import { cacheConflict } from "../errors/unkeyed-errors.ts";
import { toolsOf, type CommandSpec } from "../graph/command.ts";
import { inputTools, type InputTool } from "../graph/placed-tool.ts";
import type { StageCall } from "../graph/stage.ts";
import type { Placement } from "../runner/placement.ts";
import type { Action, Runner, Value } from "../runner/runner.ts";
import { entryAt, type Entry } from "../store/directories.ts";
import type { ContentStore } from "../store/store.ts";
import { layInputRoot, type FilledMount } from "./input-root.ts";
import {
  encodeParts,
  partsOf,
  type ActionMessages,
  type KeyPart,
  type ToolIdentity,
} from "./key-parts.ts";
import type { ToolIdentities } from "./tool-identities.ts";
import { follow } from "./view.ts";

/** An action, what it is made of, and what of it is in no store. */
export interface ComposedAction {
  readonly action: Action;
  /** Where it is to run: the key holds the platform of this runner. */
  readonly runner: Runner;
  /** The content of the artifact that it wants to run in. */
  readonly image: Value | undefined;
  /** What its key is made of. */
  readonly parts: readonly KeyPart[];
  /** The messages that its key is the digest of. */
  readonly messages: ActionMessages;
  /** Messages of the input root that only a runner needs: they are not in the store. */
  readonly directories: ReadonlyMap<Digest, Buffer>;
}

/**
 * Composes the action of a call.
 *
 * @throws {@link BuildError} `PATH_CONFLICT`, `OUTPUT_PATH_TAKEN`, `TOOL_NOT_FOUND`, `COMMAND_NOT_FOUND`,
 *   `TOOL_NOT_EXECUTABLE`, `CWD_MISSING`, `BLOB_LOST`, or what a runner has to say of the image.
 */
export async function composeAction(
  call: StageCall,
  values: readonly Value[],
  context: {
    readonly content: ContentStore;
    readonly placement: Placement;
    readonly identities: ToolIdentities;
    /** The content of the artifact that it wants to run in. */
    readonly image?: Value | undefined;
  },
): Promise<ComposedAction> {
  const { command } = call;
  const mounts = command.mounts.map((mount, at): FilledMount => {
    return { ...mount, value: values[at] as Value };
  });
  const inputRoot = await layInputRoot(context.content, mounts);
  if (command.cwd !== "") await checkCwd(context.content, call, mounts);
  await checkOutputs(context.content, call, mounts);
  for (const tool of inputTools(command.tools)) await checkTool(context.content, tool, mounts);
  if (command.caches.length > 0) await checkCaches(context.content, call, mounts);
  const runner = await context.placement.of(command, context.image);
  const parts = partsOf({
    command,
    tools: await identify(call, context.identities, runner),
    platform: runner.platform,
    inputRoot: inputRoot.digest,
  });
  const messages = encodeParts(parts);
  const action: Action = {
    key: messages.key,
    messages,
    name: call.name,
    stage: call.stage,
    call,
    argv: command.argv,
    env: { ...command.env, ...command.volatile },
    volatile: Object.keys(command.volatile ?? {}),
    secrets: command.secrets.map(({ name, in: where, at }) => ({ name, in: where, at })),
    caches: command.caches,
    cwd: command.cwd,
    inputRoot: inputRoot.digest,
    writablePaths: mounts.filter(({ isWritable }) => isWritable).map(({ path }) => path),
    wholeTrees: wholeTrees(command, mounts),
    outputs: command.outputs,
    tools: command.tools,
    stablePath: command.stablePath,
    isAttempt: command.isAttempt,
    hasSideEffects: command.run.hasSideEffects,
    network: command.run.hasNetwork,
    limits: command.run.limits,
  };
  return { action, runner, image: context.image, parts, messages, directories: inputRoot.added };
}

/** Where trees lie that stay as they are: not writable, and with nothing else of the command inside. */
function wholeTrees(command: CommandSpec, mounts: readonly FilledMount[]): ArtifactPath[] {
  const others = [...mounts, ...command.caches, ...command.outputs].map(({ path }) => path);
  return mounts
    .filter(({ value, isWritable, path }) => {
      const isShared = others.some((other) => other !== path && isWithin(other, path));
      return value.kind === "tree" && !isWritable && path !== "" && !isShared;
    })
    .map(({ path }) => path);
}

/** A program that the command only starts with, and did not declare, is missing as a command. */
async function identify(
  { command, name }: StageCall,
  identities: ToolIdentities,
  runner: Runner,
): Promise<readonly ToolIdentity[]> {
  try {
    return await identities.of(toolsOf(command), runner);
  } catch (error) {
    const isMissing = error instanceof BuildError && error.code === "TOOL_NOT_FOUND";
    if (!isMissing || command.tools !== undefined) throw error;
    throw commandNotFound({ stage: name, program: command.argv[0] ?? "", tools: undefined });
  }
}

/** @throws {@link BuildError} `TOOL_NOT_FOUND`, `TOOL_NOT_EXECUTABLE`. */
async function checkTool(
  content: ContentStore,
  { name, path }: InputTool,
  mounts: readonly FilledMount[],
): Promise<void> {
  const mount = mountAround(mounts, path);
  invariant(mount, "a tool of the input root lies in a mount");
  const { value, artifact } = mount;
  const place = belowMount(mount, path);
  let entry: Entry | Value = value;
  try {
    if (value.kind === "tree") {
      const shown = describeOrigin(artifact[state].origin);
      entry = await follow(content, value.digest, place, shown);
    }
  } catch (error) {
    const isMissing = error instanceof BuildError && error.code === "VIEW_MISSING";
    throw isMissing ? toolNotInTree(name, error) : error;
  }
  if ("isExecutable" in entry && entry.isExecutable) return;
  const found = "isExecutable" in entry ? "a file without exec bit" : "a directory";
  throw toolNotExecutable(name, path, found);
}

/** @throws {@link BuildError} `CWD_MISSING` unless the command has a directory to start in. */
async function checkCwd(
  content: ContentStore,
  { name, command: { cwd } }: StageCall,
  mounts: readonly FilledMount[],
): Promise<void> {
  if (cwd === "" || mounts.some(({ path }) => isWithin(path, cwd) && path !== cwd)) return;
  if ((await find(content, mounts, cwd)) !== "directory") throw cwdMissing(name, cwd);
}

/**
 * An output must not be there before the run, or a command that writes nothing would seem to have made
 * it. Only an input that is laid writable may be one, for changing it is what the command is for.
 *
 * @throws {@link BuildError} `OUTPUT_PATH_TAKEN`.
 */
async function checkOutputs(
  content: ContentStore,
  { name: stage, command }: StageCall,
  mounts: readonly FilledMount[],
): Promise<void> {
  for (const { path, name } of command.outputs) {
    // Folders on the way to it may be there; a file in their place may not.
    for (let folder = parentOf(path); folder !== ""; folder = parentOf(folder)) {
      const found = find(content, mounts, folder);
      const isFile = (found instanceof Promise ? await found : found) === "other";
      if (isFile) throw outputPathTaken(stage, name, path);
    }
    if (mountAround(mounts, path)?.isWritable === true) continue;
    const holdsInput = mounts.some((mount) => mount.path !== path && isWithin(mount.path, path));
    const found = find(content, mounts, path);
    const isTaken = holdsInput || (found instanceof Promise ? await found : found) !== undefined;
    if (isTaken) throw outputPathTaken(stage, name, path);
  }
}

/** @throws {@link BuildError} `PATH_CONFLICT` when an input has something in the place of a cache. */
async function checkCaches(
  content: ContentStore,
  { command }: StageCall,
  mounts: readonly FilledMount[],
): Promise<void> {
  for (const { name, path } of command.caches) {
    for (let place = path; place !== ""; place = parentOf(place)) {
      const found = await find(content, mounts, place);
      if (found === undefined || (found === "directory" && place !== path)) continue;
      const mount = mountAround(mounts, place);
      throw cacheConflict(name, path, mount ? nameOf(mount.artifact) : "an input", place);
    }
  }
}

type Found = "directory" | "other" | undefined;

/** What the mounts put at a path; `undefined` for nothing. A promise only if a directory has to be read. */
function find(
  content: ContentStore,
  mounts: readonly FilledMount[],
  path: ArtifactPath,
): Found | Promise<Found> {
  const mount = mountAround(mounts, path);
  if (mount === undefined) return undefined;
  const below = belowMount(mount, path);
  if (mount.value.kind === "file") return below === "" ? "other" : undefined;
  return findIn(content, mount.value.digest, below);
}

async function findIn(content: ContentStore, tree: Digest, below: ArtifactPath): Promise<Found> {
  const entry = await entryAt(content, tree, below);
  return entry && (entry.type === "directory" ? "directory" : "other");
}

/** A path in the input root, as one in what is mounted around it. */
function belowMount(mount: FilledMount, path: ArtifactPath): ArtifactPath {
  return parsePath(path.slice(mount.path.length).replace(/^\//, ""));
}

/** The deepest mount at or above a path: the one that the path leads into. */
function mountAround(mounts: readonly FilledMount[], path: ArtifactPath): FilledMount | undefined {
  let deepest: FilledMount | undefined;
  for (const mount of mounts) {
    if (!isWithin(path, mount.path)) continue;
    if (deepest === undefined || mount.path.length > deepest.path.length) deepest = mount;
  }
  return deepest;
}
