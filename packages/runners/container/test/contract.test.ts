import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Runner } from "@ashlar/core";
import { runnerContract } from "@ashlar/core/testing";
import { containerRunner } from "@ashlar/runner-container";
import { afterAll, describe, expect, test } from "vitest";

import { onEachEngine } from "./rig.ts";

onEachEngine("the contract", ({ name, image }) => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-lock-"));
  const lockFile = join(folder, "lock");
  // One for all tests: so that they run in containers that are warm, as in a build.
  const runner = containerRunner({ engine: name, image, lockFile, graceMs: 100 });
  afterAll(async () => {
    await (await runner)[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const makeRunner = async (): Promise<Runner> => lent(await runner);
  runnerContract({ describe, expect, test }, { makeRunner });
});

/** The same runner, for somebody who disposes of it too soon. */
function lent(runner: Runner): Runner {
  const { name, platform, hermeticity, abilities = [] } = runner;
  return {
    name,
    platform,
    hermeticity,
    abilities,
    run: async (action, context) => await runner.run(action, context),
    [Symbol.asyncDispose]: async () => {},
  };
}
