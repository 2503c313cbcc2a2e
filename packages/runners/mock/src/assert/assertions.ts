/**
 * Assertions on builds as plain functions, for `node:test` and whoever has no `expect`.
 *
 * @module
 */
import { AssertionError } from "node:assert";

import type { Report } from "@ashlar/core";

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

/** Throws unless commands of all these stages were executed, with whatever end. */
export function assertRan(report: Report, ...stages: readonly StageName[]): void {
  insist(haveRun(report, stages), assertRan);
}

/** Throws unless earlier results were used for all these stages. */
export function assertReused(report: Report, ...stages: readonly StageName[]): void {
  insist(haveReused(report, stages), assertReused);
}

/** Throws unless all these stages were not started. */
export function assertSkipped(report: Report, ...stages: readonly StageName[]): void {
  insist(haveSkipped(report, stages), assertSkipped);
}

/** Throws unless a call of the stage has this key, as `<SHA-256 in hex>/<size>`. */
export function assertKey(report: Report, stage: StageName, key: string): void {
  insist(haveKey(report, stage, key), assertKey);
}

/** Throws unless all commands of one stage were over before the first of another started. */
export function assertRanBefore(mock: Called, first: StageName, then: StageName): void {
  insist(haveRunBefore(mock, first, then), assertRanBefore);
}

function insist({ pass, message }: Finding, asked: Function): void {
  if (!pass) throw new AssertionError({ message: message(), stackStartFn: asked });
}
