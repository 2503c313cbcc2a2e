/**
 * Matchers for vitest, and whoever else has `expect.extend`.
 *
 * @module
 */
import type { Report } from "@ashlar/core";
// oxlint-disable-next-line import/no-empty-named-blocks, unicorn/require-module-specifiers -- the compiler must know it
import type {} from "vitest";

import {
  haveKey,
  haveReused,
  haveRun,
  haveRunBefore,
  haveSkipped,
  type Called,
  type Finding,
  type StageName,
} from "../findings.ts";

/** What `expect` can be asked of reports and mock runners. */
export interface MockMatchers {
  /** Of a report: commands of all these stages were executed, with whatever end. */
  toHaveRun(...stages: readonly StageName[]): void;
  /** Of a report: earlier results were used for all these stages. */
  toHaveReused(...stages: readonly StageName[]): void;
  /** Of a report: all these stages were not started. */
  toHaveSkipped(...stages: readonly StageName[]): void;
  /** Of a report: a call of the stage has this key, as `<SHA-256 in hex>/<size>`. */
  toHaveKey(stage: StageName, key: string): void;
  /** Of a mock runner: all commands of one stage were over before the first of another started. */
  toRunBefore(first: StageName, then: StageName): void;
}

/**
 * The matchers.
 *
 * @example
 * ```ts
 * expect.extend(matchers);
 * expect(await rig.build(app)).toHaveRun(compile, "link");
 * expect(rig.mock).toRunBefore(compile, link);
 * ```
 */
export const matchers: {
  toHaveRun(report: Report, ...stages: readonly StageName[]): Finding;
  toHaveReused(report: Report, ...stages: readonly StageName[]): Finding;
  toHaveSkipped(report: Report, ...stages: readonly StageName[]): Finding;
  toHaveKey(report: Report, stage: StageName, key: string): Finding;
  toRunBefore(mock: Called, first: StageName, then: StageName): Finding;
} = {
  toHaveRun: (report, ...stages) => haveRun(report, stages),
  toHaveReused: (report, ...stages) => haveReused(report, stages),
  toHaveSkipped: (report, ...stages) => haveSkipped(report, stages),
  toHaveKey: haveKey,
  toRunBefore: haveRunBefore,
};

declare module "vitest" {
  // oxlint-disable-next-line no-unused-vars -- the interface that it adds to has this parameter
  interface Matchers<T> extends MockMatchers {}
}
