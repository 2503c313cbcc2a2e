/**
 * Scripts: what a test says that a command does.
 *
 * @module
 */
import { invalidOption, type Kind } from "@ashlar/core";

import type { MockCall } from "./call.ts";
import type { MockOutputs } from "./outputs.ts";

/** What a scripted command does. */
export interface MockResult<O = Readonly<Record<string, Kind>>> {
  /** What it writes. A declared output that is left out is missing, as if it was not written. */
  readonly outputs?: MockOutputs<O>;
  /** Paths of what it writes besides: named where a declared output is missing. @defaultValue none */
  readonly strays?: readonly string[];
  /** @defaultValue 0 */
  readonly exitCode?: number;
  /** What it prints. @defaultValue nothing */
  readonly stdout?: string;
  readonly stderr?: string;
  /**
   * How long it takes, in milliseconds, besides what its script waits for. On the machine's clock nobody
   * waits for it: it stands in the result. On any other clock of a build it passes.
   *
   * @defaultValue 0
   */
  readonly durationMs?: number;
}

/** A result, or what makes one. Called once for each command; it may wait for whatever it likes. */
export type MockScript<
  I extends readonly unknown[] = readonly unknown[],
  O = Readonly<Record<string, Kind>>,
> =
  | MockResult<O>
  | ((call: MockCall<I, O>) => MockResult<O> | void | Promise<MockResult<O> | void>);

/**
 * Checks what a script has returned.
 *
 * @throws {@link BuildError} `INVALID_OPTION` for an exit code or a duration that no command has.
 */
export function checkResult({ exitCode = 0, durationMs = 0 }: MockResult): void {
  if (!Number.isInteger(exitCode) || exitCode < 0 || exitCode > 255) {
    throw invalidOption("exitCode", String(exitCode), "a whole number from 0 to 255");
  }
  if (!Number.isFinite(durationMs) || durationMs < 0) {
    throw invalidOption("durationMs", String(durationMs), "a number of milliseconds, not below 0");
  }
}
