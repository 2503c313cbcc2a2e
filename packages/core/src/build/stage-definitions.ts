/**
 * Stage definitions: the stages that some targets stand on, each once, however often it is called.
 *
 * @module
 */
import { isHandle } from "../artifact/handle.ts";
import { notAHandle } from "../errors/catalogue.ts";
import { callsBelow } from "../graph/closure.ts";
import type { AnyStage } from "../graph/stage.ts";
import type { Targets } from "./ground.ts";

/** A stage, as the script has it. */
export interface StageDefinition {
  readonly name: string;
  /** Where in the script it was made, `<file>:<line>:<column>`; `undefined` if that could not be seen. */
  readonly declaredAt: string | undefined;
  /** How many calls of it the targets stand on. */
  readonly calls: number;
}

/**
 * Lists the stages that targets stand on, inputs before what needs them. Those that dynamic stages describe
 * are not known before a build.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE` when a target is something else.
 */
export function stageDefinitions(targets: Targets): readonly StageDefinition[] {
  const handles = Array.isArray(targets) ? targets : [targets];
  for (const each of handles) if (!isHandle(each)) throw notAHandle(each, "a target");
  const found = new Map<AnyStage, StageDefinition>();
  const counted = new Set<unknown>();
  for (const { stage, name, declaredAt, original } of callsBelow(handles)) {
    // A call and its copies, which wait for something, are one in the script.
    if (counted.has(original)) continue;
    counted.add(original);
    found.set(stage, { name, declaredAt, calls: (found.get(stage)?.calls ?? 0) + 1 });
  }
  return [...found.values()];
}
