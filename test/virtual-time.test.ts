/**
 * Virtual time: builds of hours, on a clock that goes on when nothing else can.
 *
 * @module
 */
import { all, MemoryStore, sh, stage, tryBuild, type BuildError } from "@ashlar/core";
import { mockRunner, virtualClock } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

test("a build in which all wait for one that hangs ends, and says who waits for whom", async () => {
  const clock = virtualClock();
  const serve = stage("serve", () => sh`serve`)();
  const probe = stage("probe", () => sh`probe`)();
  const report = stage("report", () => sh`report`)().after(serve);
  const runner = mockRunner({ onUnmatched: "succeed-empty" }).on("serve", async ({ signal }) => {
    using _ = clock.activity.rest(() => "`serve` runs, and waits for its end");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const store = new MemoryStore();
  const building = tryBuild(all({ serve, probe, report }), { runner, store, clock, slots: 1 });
  const error = await building.catch((thrown: unknown) => thrown as BuildError);
  expect(error).toMatchObject({ code: "CLOCK_DEADLOCK" });
  expect((error as BuildError).facts["waits"]?.split("\n").toSorted()).toEqual([
    "`probe` waits for cpu 1, behind `serve`",
    "`report` waits for `serve`",
    "`serve` runs, and waits for its end",
  ]);
  expect(clock.pending).toBe(0);
});
