/**
 * Replaying: a runner that gives what a recorded one gave, without starting anything.
 *
 * @module
 */
import {
  BuildError,
  describeDifferences,
  walkTree,
  type Action,
  type ArtifactPath,
  type ContentStore,
  type Digest,
  type Execution,
  type HostTool,
  type RunContext,
  type Runner,
} from "@ashlar/core";

import { CallTime } from "./call-time.ts";
import { replayMiss, replayToolMiss } from "./errors.ts";
import { questionOf } from "./record.ts";
import { Recording, type RecordedRun } from "./recording.ts";

/**
 * Makes a runner of a recording. Its keys are those of the runner that was recorded, its tools have the
 * versions that they had then, and its commands take the time that they took, on any clock but the machine's.
 *
 * A stage that is called otherwise than it was fails with `REPLAY_MISS`, which says what differs.
 *
 * @throws {@link BuildError} `REPLAY_UNFIT` when the directory holds no recording, or one whose keys are
 *   another version's.
 */
export function replayRunner(directory: string): Runner {
  const recording = new Recording(directory);
  const { platform, hermeticity, abilities, identifies } = recording.runner;
  const counts = new Map<string, number>();
  return {
    name: "replay",
    ...{ platform, hermeticity, abilities },
    ...(identifies && { identify: (tool) => identify(recording, tool) }),
    run: async (action, context) => {
      const runs = recording.runs.filter(({ key }) => key === action.key);
      const nth = counts.get(action.key) ?? 0;
      counts.set(action.key, nth + 1);
      const run = runs[nth] ?? runs.at(-1);
      if (run === undefined) throw await missOf(recording, action, context.content);
      return await replay(recording, run, action, context);
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function identify({ tools, directory }: Recording, tool: HostTool): Promise<string> {
  const question = questionOf(tool);
  const known = tools.find((each) => each.question === question);
  if (known === undefined) throw replayToolMiss(tool.name, directory);
  return known.identity;
}

async function replay(
  recording: Recording,
  { exitCode, endedBy, remark, outputs, written, stdout, stderr, durationMs }: RecordedRun,
  action: Action,
  context: RunContext,
): Promise<Execution> {
  using time = new CallTime(action.name, context);
  const { content, onLog } = context;
  if (durationMs > 0) await time.sleep(durationMs);
  for (const value of Object.values(outputs)) {
    await content.write(recording.read(value.digest));
    if (value.kind === "tree") await copyTree(recording, content, value.digest);
  }
  for (const [stream, digest] of Object.entries({ stdout, stderr } as const)) {
    const bytes = recording.read(digest);
    await content.write(bytes);
    if (bytes.byteLength > 0) onLog(stream as "stderr" | "stdout", bytes);
  }
  return {
    ...{ exitCode, endedBy, written, stdout, stderr },
    ...(remark !== undefined && { remark }),
    outputs: new Map(Object.entries(outputs).map(([path, value]) => [path as ArtifactPath, value])),
    startedAt: time.startedAt,
    finishedAt: time.now(),
  };
}

/** A directory before what is below it: only what is in the store can be read from there. */
async function copyTree(recording: Recording, to: ContentStore, tree: Digest): Promise<void> {
  for await (const { entry } of walkTree(both(recording, to), tree)) {
    if (entry.type !== "symlink") await to.write(recording.read(entry.digest));
  }
}

/** Content of a store, and of a recording. */
function both(recording: Recording, content: ContentStore): ContentStore {
  return {
    missing: async () => [],
    read: async (digest) => {
      try {
        return recording.read(digest);
      } catch (error) {
        if (error instanceof BuildError && error.code === "BLOB_LOST") {
          return await content.read(digest);
        }
        throw error;
      }
    },
    write: async (bytes) => await content.write(bytes),
    writeFile: async (path) => await content.writeFile(path),
    copyTo: async (digest, path, mode) => await content.copyTo(digest, path, mode),
  };
}

async function missOf(
  recording: Recording,
  action: Action,
  content: ContentStore,
): Promise<BuildError> {
  const { directory, runs } = recording;
  const stage = action.name;
  const recorded = runs.map((run) => run.stage);
  let nearest: readonly (readonly string[])[] | undefined;
  for (const run of runs.filter((each) => each.stage === stage)) {
    const before = { command: recording.read(run.command), action: recording.read(run.action) };
    const changes = await describeDifferences(before, action, both(recording, content));
    if (nearest === undefined || changes.length < nearest.length) nearest = changes;
  }
  return replayMiss({ stage, directory, recorded, ...(nearest && { differs: nearest.flat() }) });
}
