/**
 * Partitions: tests that are built once, and run by nextest in several stages.
 *
 * @module
 */
import { all, matrix, type Tool } from "@ashlar/core";

import type { Consumers } from "./consumers.ts";
import type { CargoPartitions, PartitionOptions } from "./options.ts";
import type { Project } from "./project.ts";
import type { Scopes } from "./scope.ts";
import * as stages from "./test-stages.ts";

/** What partitions are made with. */
export interface Partitioned {
  readonly project: Project;
  readonly scopes: Scopes;
  readonly consumers: Consumers;
  /** Nextest itself. */
  readonly plugins: readonly Tool[];
}

/** @throws RangeError when `partitions` is no whole number above 0. */
export function partition(
  { project, scopes, consumers, plugins }: Partitioned,
  options: PartitionOptions,
): CargoPartitions {
  const { partitions, partitionType = "count", nextestArgs = [], tools = [], env = {} } = options;
  checkPartitions(partitions);
  const { archive } = consumers.run(
    stages.nextestArchive,
    {
      side: "link",
      command: ["nextest", "archive"],
      args: ["--archive-file", stages.ARCHIVE, "--archive-format", "tar-zst"],
      tools: plugins,
    },
    options,
  );
  const base = project.base({ tools: [...plugins, ...tools], env });
  const { workspace = "." } = project.options;
  const unpacking = ["--archive-file", stages.ARCHIVE, "--workspace-remap", workspace];
  // That one part has nothing to run says nothing about the tests.
  const saysOfNone = nextestArgs.some((arg) => arg.startsWith("--no-tests"));
  const empty = saysOfNone ? [] : ["--no-tests=pass"];
  const { src: ws } = scopes.of(options);
  const numbers = Array.from({ length: partitions }, (_, at) => at + 1);
  const runs = matrix({ partition: numbers }, ({ partition: at }) => {
    const part = ["--partition", `${partitionType}:${at}/${partitions}`];
    const args = ["nextest", "run", ...unpacking, ...part, ...empty, ...nextestArgs];
    return stages.nextestPartition({ ws, archive }, args, base);
  });
  return all({ archive, runs });
}

function checkPartitions(partitions: number): void {
  if (Number.isSafeInteger(partitions) && partitions > 0) return;
  throw new RangeError(`\`partitions\` must be a whole number above 0, and is ${partitions}`);
}
