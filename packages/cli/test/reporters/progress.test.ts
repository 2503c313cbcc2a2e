import { foldReport } from "@ashlar/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { Progress } from "../../src/reporters/progress.ts";
import { builds, key } from "./builds.ts";

const outcomes = ["ran", "reused", "failed", "skipped", "cancelled", "expanded"] as const;

test("it counts as the core's summary does, after any events", () => {
  const steps = fc.array(fc.tuple(fc.nat(9), fc.constantFrom(...outcomes)), { maxLength: 30 });
  fc.assert(
    fc.property(steps, fc.nat(60), (all, cut) => {
      const events = builds(10, all).slice(0, cut + 1);
      const progress = new Progress();
      for (const event of events) progress.onEvent(event);
      const { totals } = foldReport(events);
      const { ran, reused, failed, skipped, cancelled, expanded } = totals;
      expect(progress.counts).toEqual({ ran, reused, failed, skipped, cancelled, expanded });
      expect(progress.total).toBe(totals.stages);
      expect(progress.failed.size).toBe(failed);
    }),
  );
});

test("what is rewound is not settled any more", () => {
  const progress = new Progress();
  for (const event of builds(2, [[0, "failed"]])) progress.onEvent(event);
  progress.onEvent({ type: "stage-rewound", atMs: 1, id: 0, name: "s0", digest: key });
  expect(progress).toMatchObject({ settled: 0, counts: { failed: 0 } });
  expect(progress.failed.size).toBe(0);
});
