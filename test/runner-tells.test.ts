import {
  foldReport,
  MemoryStore,
  sh,
  stage,
  tryBuild,
  verify,
  type BuildEvent,
  type Execution,
  type Runner,
  type RunContext,
} from "@ashlar/core";
import { expect, test } from "vitest";

import { checkEvents } from "./rig/check-events.ts";

const greet = stage("greet", () => sh`greet`);

/** A runner that does what a test says, and notes what it was given. */
function telling(
  run: (context: RunContext) => Partial<Execution>,
  contexts: RunContext[] = [],
): Runner {
  return {
    name: "far",
    platform: [],
    hermeticity: "container",
    run: async (_, context) => {
      contexts.push(context);
      const [stdout, stderr] = [
        await context.content.write(Buffer.from("hello\n")),
        await context.content.write(Buffer.of()),
      ];
      const about = { exitCode: 0, endedBy: undefined, outputs: new Map(), written: [] };
      return { ...about, stdout, stderr, startedAt: 1, finishedAt: 2, ...run(context) };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

test("how far a command has come on a runner elsewhere is told by events", async () => {
  const events: BuildEvent[] = [];
  const runner = telling(({ onPhase }) => {
    for (const phase of ["uploading", "queued", "executing", "downloading"] as const)
      onPhase?.(phase);
    return {};
  });
  const onEvent = (event: BuildEvent): void => void events.push(event);
  await tryBuild(greet(), { runner, store: new MemoryStore(), onEvent });
  checkEvents(events);
  const phases = events.flatMap((event) => (event.type === "stage-progressed" ? event.phase : []));
  expect(phases).toEqual(["uploading", "queued", "executing", "downloading"]);
  const queued = events.findIndex(
    (event) => event.type === "stage-progressed" && event.phase === "queued",
  );
  expect(foldReport(events.slice(0, queued + 1)).stages).toMatchObject([
    { state: "running", phase: "queued" },
  ]);
  expect(foldReport(events).stages).toMatchObject([{ state: "ran", phase: undefined }]);
});

test("a result names the one who ran it, where a runner has handed it on", async () => {
  const ranBy = { name: "near", hermeticity: "declared" } as const;
  const store = new MemoryStore();
  const report = await tryBuild(greet(), { runner: telling(() => ({ ranBy })), store });
  expect(report.stages[0]?.ranBy).toBe("near/declared");
  const itself = await tryBuild(greet(), { runner: telling(() => ({})), store: new MemoryStore() });
  expect(itself.stages[0]?.ranBy).toBe("far/container");
});

test("a command that is run to be compared must be executed", async () => {
  const contexts: RunContext[] = [];
  await verify(greet(), { runner: telling(() => ({}), contexts), store: new MemoryStore() });
  expect(contexts.map(({ mustExecute }) => mustExecute === true)).toEqual([false, true]);
});
