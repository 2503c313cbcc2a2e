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
  // Open: whether the suite cannot see them, or they end sooner. That none is left is tested in `isolation.test.ts`.
  const unseen = "the suite often does not find the processes of Podman while they run";
  const exceptions = name === "podman" ? { 8: unseen } : {};
  const makeRunner = async (): Promise<Runner> => lent(await runner);
  runnerContract({ describe, expect, test }, { makeRunner, exceptions });
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
