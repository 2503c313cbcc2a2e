/**
 * Labels: what plans and graphs call stage calls. The name of the stage, from its second call on with a number:
 * `compile`, `compile#2`.
 *
 * @module
 */
import type { PlannedStage } from "@ashlar/core";

/** The labels of a build's calls, as they become known. */
export class Labels {
  readonly #labels = new Map<number, string>();
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** @param stages - Those that are known at first. */
  constructor(stages: readonly Pick<PlannedStage, "id" | "name">[] = []) {
    this.add(stages);
  }

  /** Takes more calls, in the order of the plan. */
  add(stages: readonly Pick<PlannedStage, "id" | "name">[]): void {
    for (const { id, name } of stages) {
      let label = name;
      for (let n = this.#next.get(name) ?? 2; this.#taken.has(label); n++) {
        label = `${name}#${n}`;
        this.#next.set(name, n + 1);
      }
      this.#taken.add(label);
      this.#labels.set(id, label);
    }
  }

  /** The label of a call; `undefined` when it is not known. */
  of(id: number): string | undefined {
    return this.#labels.get(id);
  }
}
