/**
 * Faults of commands and runners: what a test says goes wrong, whatever the script.
 *
 * @module
 */
import { invalidOption } from "@ashlar/core";

import type { MockCall } from "./call.ts";
import { matches, type MockTarget } from "./matching.ts";
import type { MockResult } from "./script.ts";

/** What goes wrong. */
export type MockFault =
  /** The command ends with an exit code. */
  | "fail"
  /** The command does nothing more, until it is stopped. */
  | "hang"
  /** The runner itself breaks down. */
  | "crash";

/** Which calls a fault befalls, and how. */
export interface MockFaultOptions {
  /** The only call that it befalls, among those of its target from now on: 1 for the next. @defaultValue all */
  readonly nth?: number;
  /** Of a command that fails. @defaultValue 1 */
  readonly exitCode?: number;
  /** What the command prints; of a runner, what it says when it breaks down. */
  readonly stderr?: string;
}

/** The faults of one runner. */
export class Faults {
  readonly #faults: {
    readonly target: MockTarget;
    readonly how: MockFault;
    readonly options: MockFaultOptions;
    seen: number;
  }[] = [];

  /** @throws {@link BuildError} `INVALID_OPTION`. */
  add(target: MockTarget, how: MockFault, options: MockFaultOptions): void {
    const { nth = 1 } = options;
    if (!Number.isInteger(nth) || nth < 1) throw invalidOption("nth", `${nth}`, "1 or more");
    this.#faults.push({ target, how, options, seen: 0 });
  }

  /** The result of a call that something befalls; `undefined` when nothing does. May throw, or never end. */
  async befall(call: MockCall): Promise<MockResult | undefined> {
    const met = this.#faults.filter((fault) => matches(fault.target, call));
    for (const fault of met) fault.seen++;
    const fault = met.find(({ options: { nth }, seen }) => nth === undefined || nth === seen);
    if (fault === undefined) return undefined;
    const { exitCode = 1, stderr = "" } = fault.options;
    switch (fault.how) {
      case "fail":
        return { exitCode, stderr };
      case "crash":
        throw new Error(stderr || "the runner has crashed, as the test has said");
      case "hang": {
        call.print(stderr, "stderr");
        await call.sleep(Infinity);
        return undefined;
      }
    }
  }
}
