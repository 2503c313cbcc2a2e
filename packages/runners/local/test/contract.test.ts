import { runnerContract } from "@ashlar/core/testing";
import { localRunner } from "@ashlar/runner-local";
import { describe, expect, test } from "vitest";

import { LocalRunner } from "../src/local-runner.ts";

runnerContract({ describe, expect, test }, { makeRunner: () => localRunner({ graceMs: 100 }) });

describe("without a launcher", () => {
  const makeRunner = (): LocalRunner => new LocalRunner({ graceMs: 100 }, { launcher: false });
  runnerContract({ describe, expect, test }, { makeRunner });
});
