/**
 * What is left: how long a build will still take, as far as the last one tells.
 *
 *     the longest way through what is left   ┐
 *     all that is left, shared by the slots  ┴─▶ whichever is longer
 *
 * @module
 */
import type { PlannedStage } from "@ashlar/core";

import { Labels } from "../labels.ts";
import type { Progress } from "./progress.ts";

/** How long a stage call took when it last ran, by its label (`compile#2`); `undefined` if nobody knows. */
export type Expect = (label: string) => number | undefined;

/** An estimate. */
export interface Estimate {
  readonly leftMs: number;
  /** True when something of what is left never ran before. */
  readonly isAtLeast: boolean;
}

/** Estimates what is left of one build. */
export class Remaining {
  /** Inputs before what needs them. */
  readonly #stages: PlannedStage[] = [];
  readonly #labels = new Labels();
  readonly #expected = new Map<number, number>();
  readonly #expect: Expect;
  readonly #slots: number;

  constructor(expect: Expect, slots: number) {
    this.#expect = expect;
    this.#slots = slots;
  }

  /** Takes the calls of a build, or those that were found on the way. */
  add(stages: readonly PlannedStage[]): void {
    this.#stages.push(...stages);
    this.#labels.add(stages);
    for (const { id } of stages) {
      const expected = this.#expect(this.#labels.of(id) ?? "");
      if (expected !== undefined) this.#expected.set(id, expected);
    }
  }

  /** How long a call is expected to take, in milliseconds. */
  expectedOf(id: number): number | undefined {
    return this.#expected.get(id);
  }

  /**
   * What is left at a moment; `undefined` when nothing is known of it. Takes time in proportion to the number of
   * calls.
   */
  estimate(progress: Progress, now: number): Estimate | undefined {
    const finish = new Map<number, number>();
    let longest = 0;
    let work = 0;
    let known = 0;
    let unknown = 0;
    for (const { id, dependencies } of this.#stages) {
      if (progress.outcomeOf(id) !== undefined) continue;
      const expected = this.#expected.get(id);
      if (expected === undefined) unknown++;
      else known++;
      const running = progress.running.get(id);
      const passed = running === undefined ? 0 : now - running.startedAt;
      const left = Math.max(0, (expected ?? 0) - passed);
      work += left;
      let start = 0;
      for (const each of dependencies) start = Math.max(start, finish.get(each) ?? 0);
      finish.set(id, start + left);
      longest = Math.max(longest, start + left);
    }
    if (known === 0) return undefined;
    return { leftMs: Math.max(longest, work / this.#slots), isAtLeast: unknown > 0 };
  }
}
