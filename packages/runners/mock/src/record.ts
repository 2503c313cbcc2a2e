/**
 * Recording: a runner that writes down what another one gives.
 *
 * @module
 */
import {
  walkTree,
  type Action,
  type ContentStore,
  type Digest,
  type Execution,
  type HostTool,
  type Runner,
  type Value,
} from "@ashlar/core";

import { RecordingWriter } from "./recording.ts";

/**
 * Wraps a runner, so that whatever it runs is recorded in a directory, to be replayed by `replayRunner`.
 * What the directory held of an earlier recording is replaced.
 *
 * Only what runs is recorded: build with an empty store. Disposing of it disposes of the other runner, too.
 *
 * @example
 * ```ts
 * await using runner = recordingRunner(localRunner(), "test/recording");
 * await build(pipeline, { runner, store: new MemoryStore() });
 * ```
 */
export function recordingRunner(runner: Runner, directory: string): Runner {
  const { name, platform, hermeticity, abilities = [], demands } = runner;
  const identifies = runner.identify !== undefined;
  const writer = new RecordingWriter(directory, {
    ...{ name, platform, hermeticity, abilities, identifies },
  });
  return {
    ...{ name, platform, hermeticity, abilities, demands },
    ...(identifies && {
      identify: async (tool, signal, notes) => {
        const identity = (await runner.identify?.(tool, signal, notes)) ?? "";
        writer.add({ type: "tool", question: questionOf(tool), identity });
        return identity;
      },
    }),
    run: async (action, context) => {
      const execution = await runner.run(action, context);
      if (!context.signal.aborted) await record(writer, action, execution, context.content);
      return execution;
    },
    async [Symbol.asyncDispose]() {
      writer.end();
      await runner[Symbol.asyncDispose]();
    },
  };
}

/** All that tells a question about a tool from others. */
export function questionOf(tool: HostTool): string {
  return JSON.stringify(Object.entries(tool).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function record(
  writer: RecordingWriter,
  { key, name: stage, messages, inputRoot }: Action,
  execution: Execution,
  content: ContentStore,
): Promise<void> {
  const { exitCode, endedBy, remark, outputs, written, stdout, stderr, fault } = execution;
  // What cannot be kept is no result: whoever replays would not get the same error.
  if (fault !== undefined) return;
  const copy = async (digest: Digest): Promise<void> => {
    if (!writer.has(digest)) writer.keep(await content.read(digest));
  };
  for (const digest of [stdout, stderr]) await copy(digest);
  for (const value of outputs.values()) await copyValue(content, value, copy);
  await copyFolders(content, inputRoot, copy);
  writer.add({
    ...{ type: "run", stage, key },
    ...{ command: writer.keep(messages.command), action: writer.keep(messages.action) },
    ...(exitCode !== undefined && { exitCode }),
    ...(endedBy !== undefined && { endedBy }),
    ...(remark !== undefined && { remark }),
    ...{ outputs: Object.fromEntries(outputs), written: written ?? [], stdout, stderr },
    durationMs: Math.round(execution.finishedAt - execution.startedAt),
  });
}

async function copyValue(
  content: ContentStore,
  { kind, digest }: Value,
  copy: (digest: Digest) => Promise<void>,
): Promise<void> {
  await copy(digest);
  if (kind === "file") return;
  for await (const { entry } of walkTree(content, digest)) {
    if (entry.type !== "symlink") await copy(entry.digest);
  }
}

async function copyFolders(
  content: ContentStore,
  tree: Digest,
  copy: (digest: Digest) => Promise<void>,
): Promise<void> {
  await copy(tree);
  for await (const { entry } of walkTree(content, tree)) {
    if (entry.type === "directory") await copy(entry.digest);
  }
}
