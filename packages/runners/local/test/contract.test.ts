import { runnerContract } from "@ashlar/core/testing";
import { localRunner } from "@ashlar/runner-local";
import { describe, expect, test } from "vitest";

runnerContract({ describe, expect, test }, { makeRunner: () => localRunner({ graceMs: 100 }) });
