import { BuildError } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { afterEach, expect, test } from "vitest";

const own = process.platform;

afterEach(() => void Object.defineProperty(process, "platform", { value: own }));

function on<T>(platform: NodeJS.Platform, work: () => T): T {
  Object.defineProperty(process, "platform", { value: platform });
  return work();
}

test("the runner is local, and keeps commands to what they declare by convention only", () => {
  const { name, hermeticity } = localRunner({ sandbox: "none" });
  expect({ name, hermeticity }).toEqual({ name: "local", hermeticity: "declared" });
});

test.each([
  ["linux", "linux"],
  ["darwin", "macos"],
] as const)("results of %s are told apart as those of %s", (platform, family) => {
  const runner = on(platform, () => localRunner());
  const isa = process.arch === "x64" ? "x86-64" : process.arch;
  expect(runner.platform).toEqual([
    { name: "ISA", value: isa },
    { name: "OSFamily", value: family },
  ]);
});

test("Windows is refused, with a reason", () => {
  let thrown: unknown;
  try {
    on("win32", () => localRunner());
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(BuildError);
  expect(thrown).toMatchObject({
    code: "PLATFORM_UNSUPPORTED",
    message: "the local runner does not work on Windows",
    facts: { reason: expect.any(String) },
  });
});
