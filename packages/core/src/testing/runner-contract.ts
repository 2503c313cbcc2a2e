/**
 * The contract suite of runners: the guarantees of `Runner`, each tested under its number.
 *
 * Commands are those of any POSIX system, and the Node that runs the tests. That they are gone when they
 * should be is seen by their process numbers, so they must run on this machine.
 *
 * @module
 */
import { join } from "node:path";

import type { Runner } from "../runner/runner.ts";
import { DiskStore } from "../store/disk-store.ts";
import { MemoryStore } from "../store/memory-store.ts";
import type { Store } from "../store/store.ts";
import { Bench, withFolder, type Check, type TestKit } from "./runner-contract/bench.ts";
import { checkCaches } from "./runner-contract/caches.ts";
import { checkEnds } from "./runner-contract/ends.ts";
import { checkInputs } from "./runner-contract/inputs.ts";
import { checkIsolation } from "./runner-contract/isolation.ts";
import { checkLogs } from "./runner-contract/logs.ts";
import { checkOutputs } from "./runner-contract/outputs.ts";
import { checkResults } from "./runner-contract/results.ts";
import { checkSecrets } from "./runner-contract/secrets.ts";
import { checkSurroundings } from "./runner-contract/surroundings.ts";

/** What the suite is run on. */
export interface RunnerContractOptions {
  /** Makes a runner for one test, which disposes of it. */
  readonly makeRunner: () => Runner | Promise<Runner>;
  /**
   * What this runner does not give, with the reason: guarantees by number, or single tests by their names, such as
   * `11: death by SIGKILL is reported`. These tests are skipped.
   */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/** For tests that hang, in milliseconds: none is about time, and machines may be busy. */
const testMs = 300_000;

const stores: Readonly<Record<string, (folder: string) => Store>> = {
  "a store in memory": () => new MemoryStore(),
  "a store on disk": (folder) => new DiskStore(join(folder, "store")),
};

/**
 * Declares the suite. The test library is handed in, so any that is like vitest will do.
 *
 * @example
 * ```ts
 * import { runnerContract } from "@ashlar/core/testing";
 * import { describe, expect, test } from "vitest";
 *
 * runnerContract({ describe, expect, test }, { makeRunner: () => localRunner() });
 * ```
 */
export function runnerContract(kit: TestKit, options: RunnerContractOptions): void {
  const { makeRunner, exceptions = {} } = options;
  for (const [what, makeStore] of Object.entries(stores)) {
    const check: Check = (guarantee, name, body) => {
      const exception = exceptions[guarantee] ?? exceptions[`${guarantee}: ${name}`];
      const run = async (): Promise<void> => {
        await withFolder(async (folder) => {
          await using runner = await makeRunner();
          await body(new Bench(kit.expect, runner, makeStore(folder), folder));
        });
      };
      if (exception === undefined) kit.test(`${guarantee}: ${name}`, run, testMs);
      else kit.test.skip(`${guarantee}: ${name} (not here: ${exception})`, run);
    };
    kit.describe(`the contract of runners, with ${what}`, () => {
      checkInputs(check);
      checkSurroundings(check);
      checkOutputs(check);
      checkLogs(check);
      checkResults(check);
      checkEnds(check);
      checkSecrets(check);
      checkCaches(check);
      checkIsolation(check);
    });
  }
}
