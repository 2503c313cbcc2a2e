/**
 * Composing: a stage call and the values of its inputs become an action with its key.
 *
 * @module
 */
import { isWithin, parsePath, relativeTo, type ArtifactPath } from "../artifact/path.ts";
import { outputPathTaken } from "../errors/catalogue.ts";
import { keyAction, type CommandMessage, type KeyedAction } from "../graph/action.ts";
import { toolsOf, type CommandSpec } from "../graph/command.ts";
import type { StageCall } from "../graph/stage.ts";
import type { Action, Runner, Value } from "../runner/runner.ts";
import { entryAt } from "../store/directories.ts";
import type { ContentStore } from "../store/store.ts";
import { layInputRoot, type FilledMount } from "./input-root.ts";
import type { ToolIdentities } from "./tool-identities.ts";

/**
 * Version of all that turns a stage call into a key. A change here, in the encoding of messages, or
 * in what runners promise re-runs every stage of every user: see `test/key-stability.test.ts`.
 */
const keyVersion = "ashlar-1";

/** An action, and the messages that its key stands for. */
export interface ComposedAction {
  readonly action: Action;
  readonly keyed: KeyedAction;
  /** Blobs that must be in the store before the action can run. */
  readonly needed: readonly Buffer[];
}

/**
 * Composes the action of a call.
 *
 * @throws {@link BuildError} `PATH_CONFLICT`, `OUTPUT_PATH_TAKEN`, `TOOL_NOT_FOUND`, `BLOB_LOST`.
 */
export async function composeAction(
  call: StageCall,
  values: readonly Value[],
  context: {
    readonly content: ContentStore;
    readonly runner: Runner;
    readonly identities: ToolIdentities;
  },
): Promise<ComposedAction> {
  const { command } = call;
  const mounts = command.mounts.map((mount, at): FilledMount => {
    return { ...mount, value: values[at] as Value };
  });
  const inputRoot = await layInputRoot(context.content, mounts);
  await checkOutputPlaces(context.content, call, mounts);
  const identities = await context.identities.of(toolsOf(command));
  const path = command.tools === undefined ? "path system" : "path declared";
  const salt = [keyVersion, path, ...identities].join("\n");
  const message = messageOf(command, context.runner);
  const keyed = keyAction(message, inputRoot.digest, salt);
  const action: Action = {
    key: keyed.key,
    name: call.name,
    stage: call.stage,
    argv: command.argv,
    env: command.env,
    cwd: command.cwd,
    inputRoot: inputRoot.digest,
    writablePaths: mounts.filter(({ isWritable }) => isWritable).map(({ path }) => path),
    outputs: command.outputs,
    tools: command.tools,
    stablePath: command.stablePath,
  };
  return { action, keyed, needed: [...inputRoot.added, keyed.command, keyed.action] };
}

function messageOf(command: CommandSpec, runner: Runner): CommandMessage {
  return {
    arguments: command.argv,
    env: Object.entries(command.env).map(([name, value]) => ({ name, value })),
    outputPaths: command.outputs.map(({ path }) => relativeTo(path, command.cwd)),
    workingDirectory: command.cwd,
    platform: runner.platform,
  };
}

/**
 * An output must not be there before the run, or a command that writes nothing would seem to have made
 * it. Only an input that is laid writable may be one, for changing it is what the command is for.
 */
async function checkOutputPlaces(
  content: ContentStore,
  call: StageCall,
  mounts: readonly FilledMount[],
): Promise<void> {
  for (const { path, name } of call.command.outputs) {
    // The deepest mount around the output is the one that the path leads into.
    const around = mounts
      .filter((mount) => isWithin(path, mount.path))
      .toSorted((a, b) => b.path.length - a.path.length)[0];
    const within = mounts.find((mount) => mount.path !== path && isWithin(mount.path, path));
    if (around?.isWritable === true) continue;
    if (within !== undefined && !within.isWritable) throw outputPathTaken(call.name, name, path);
    if (around === undefined) continue;
    const below = parsePath(path.slice(around.path.length).replace(/^\//, ""));
    const isTaken = below === "" || (await isThere(content, around.value, below));
    if (isTaken) throw outputPathTaken(call.name, name, path);
  }
}

async function isThere(content: ContentStore, value: Value, path: ArtifactPath): Promise<boolean> {
  return value.kind === "file" || (await entryAt(content, value.digest, path)) !== undefined;
}
