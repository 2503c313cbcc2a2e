import { runnerContract } from "@ashlar/core/testing";
import { localRunner } from "@ashlar/runner-local";
import { describe, expect, test } from "vitest";

import { findBubblewrap } from "../src/bubblewrap.ts";
import { LocalRunner } from "../src/local-runner.ts";

const graceMs = 100;

describe("kept to its inputs by what it is given", () => {
  const makeRunner = (): LocalRunner => new LocalRunner({ graceMs, sandbox: "none" });
  runnerContract({ describe, expect, test }, { makeRunner });
});

describe("without a launcher", () => {
  const makeRunner = (): LocalRunner =>
    new LocalRunner({ graceMs, sandbox: "none" }, { launcher: false });
  runnerContract({ describe, expect, test }, { makeRunner });
});

const bubblewrap = findBubblewrap();
const notHere = "reason" in bubblewrap ? ` (not here: ${bubblewrap.reason})` : "";

describe.skipIf(bubblewrap.path === undefined)(`in a sandbox${notHere}`, () => {
  const makeRunner = (): ReturnType<typeof localRunner> =>
    localRunner({ graceMs, sandbox: "required" });
  runnerContract({ describe, expect, test }, { makeRunner });
});

describe.skipIf(bubblewrap.path === undefined)(`in a sandbox, without a launcher${notHere}`, () => {
  const makeRunner = (): LocalRunner =>
    new LocalRunner({ graceMs, sandbox: "required" }, { launcher: false });
  runnerContract({ describe, expect, test }, { makeRunner });
});
