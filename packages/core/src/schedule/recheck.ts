/**
 * Rechecks: commands run once more, and what they give is compared with what they gave.
 *
 * @module
 */
import type { BuildError } from "../errors/build-error.ts";
import type { ActionKey } from "../graph/action.ts";
import type { PlanNode } from "../graph/plan.ts";
import type { Runner, Value } from "../runner/runner.ts";
import type { ContentStore } from "../store/store.ts";
import { entryChanges, firstDifferentByte, type EntryChange } from "../store/tree-changes.ts";

/** What became of a second run. */
export type RecheckOutcome =
  /** Its outputs are those of the first, to the byte. */
  | "same"
  /** They are not: the command depends on something that is not in its key. */
  | "different"
  /** It failed, though the first one did not. */
  | "failed"
  /** There was none. */
  | "left-out";

/** One way in which the outputs of two runs differ. */
export interface OutputDifference {
  /** Name of the output. */
  readonly output: string;
  /** Where in it: the path of an entry of a tree; empty for the output itself. */
  readonly path: string;
  readonly what: "content" | "exec bit" | "extra" | "kind" | "link target" | "missing";
  /** Of files with other content: the position of the first byte that differs, from 0. */
  readonly byte: number | undefined;
}

/** A stage call that was run once more. */
export interface StageVerification {
  /** Name of the stage. */
  readonly name: string;
  readonly key: ActionKey;
  readonly outcome: RecheckOutcome;
  /** In the order of outputs and paths; at most {@link maxDifferences}. */
  readonly differences: readonly OutputDifference[];
  /** Why the second run failed. */
  readonly error: BuildError | undefined;
  /** Why it was left out, in one clause. */
  readonly reason: string | undefined;
}

/** Differences that are told of one stage call. */
export const maxDifferences = 20;

/** What is to be run once more in one build, and what came of it. */
export class Recheck {
  /** Where the second run takes place; `undefined`: where the first does. */
  readonly elsewhere: Runner | undefined;
  readonly #names: ReadonlySet<string> | undefined;
  readonly #byKey = new Map<ActionKey, StageVerification>();

  /** @param names - Stages to run again. @defaultValue all */
  constructor(elsewhere: Runner | undefined, names: readonly string[] | undefined) {
    this.elsewhere = elsewhere;
    this.#names = names && new Set(names);
  }

  /** In the order in which they came about. */
  get stages(): readonly StageVerification[] {
    return [...this.#byKey.values()];
  }

  /** True if the node's action should run again. Equal actions are run again once. */
  wants({ name }: PlanNode, key: ActionKey): boolean {
    return this.#names?.has(name) !== false && !this.#byKey.has(key);
  }

  /** Takes down what came of a second run. */
  note(
    { name }: PlanNode,
    key: ActionKey,
    parts: Partial<StageVerification> & Pick<StageVerification, "outcome">,
  ): void {
    const nothing = { differences: [], error: undefined, reason: undefined };
    this.#byKey.set(key, { ...nothing, ...parts, name, key });
  }
}

/** How the outputs of two runs differ. Both are in the store. */
export async function compareOutputs(
  content: ContentStore,
  first: ReadonlyMap<string, Value>,
  second: ReadonlyMap<string, Value>,
): Promise<OutputDifference[]> {
  const found: OutputDifference[] = [];
  const contents = { before: content, after: content };
  for (const output of new Set([...first.keys(), ...second.keys()])) {
    const [one, other] = [first.get(output), second.get(output)].map(
      (value) => value && entryOf(value),
    );
    for await (const change of entryChanges(contents, "", one, other)) {
      found.push({ output, path: change.path, ...(await describeChange(content, change)) });
      if (found.length === maxDifferences) return found;
    }
  }
  return found;
}

function entryOf(value: Value): NonNullable<EntryChange["after"]> {
  return value.kind === "file"
    ? { type: "file", digest: value.digest, isExecutable: value.isExecutable }
    : { type: "directory", digest: value.digest };
}

async function describeChange(
  content: ContentStore,
  { before, after }: EntryChange,
): Promise<Pick<OutputDifference, "byte" | "what">> {
  if (after === undefined) return { what: "missing", byte: undefined };
  if (before === undefined) return { what: "extra", byte: undefined };
  if (before.type === "symlink" && after.type === "symlink") {
    return { what: "link target", byte: undefined };
  }
  if (before.type !== "file" || after.type !== "file") return { what: "kind", byte: undefined };
  if (before.digest === after.digest) return { what: "exec bit", byte: undefined };
  return { what: "content", byte: await firstDifferentByte(content, before.digest, after.digest) };
}
