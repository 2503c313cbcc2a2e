import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runnerContract } from "@ashlar/core/testing";
import { mockRunner, recordingRunner } from "@ashlar/runner-mock";
import { afterAll, describe, expect, test } from "vitest";

import { localRunner } from "../../local/src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-recordings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a recording runner gives what the one gives that it records", () => {
  let count = 0;
  const makeRunner = () =>
    recordingRunner(localRunner({ sandbox: "none", graceMs: 100 }), join(folder, `${count++}`));
  runnerContract({ describe, expect, test }, { makeRunner });
});

describe("a mock", () => {
  const reason = "a mock starts no command: what one would do, its script says";
  const numbers = Array.from({ length: 16 }, (_, at) => at + 1);
  const exceptions = Object.fromEntries(numbers.map((number) => [number, reason]));
  runnerContract({ describe, expect, test }, { makeRunner: () => mockRunner(), exceptions });
});
