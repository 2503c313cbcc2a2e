/** A router gives what the runners that it stands for give: here, those of this machine. */
import { runners } from "@ashlar/core";
import { runnerContract } from "@ashlar/core/testing";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { describe, expect, test } from "vitest";

const graceMs = 100;

describe("a router", () => {
  const makeRunner = (): ReturnType<typeof runners> =>
    runners({
      default: localRunner({ graceMs, sandbox: "none" }),
      byImage: mockRunner(),
      byLabel: { inner: runners({ default: mockRunner() }) },
    });
  runnerContract({ describe, expect, test }, { makeRunner });
});
