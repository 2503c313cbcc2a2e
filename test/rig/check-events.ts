/**
 * The form of an event stream: what holds for every build, however it went.
 *
 * @module
 */
import type { BuildEvent } from "@ashlar/core";
import { expect } from "vitest";

/** Fails the test unless these are the events of one build that came to its end. */
export function checkEvents(events: readonly BuildEvent[]): void {
  const [first] = events;
  const last = events.at(-1);
  if (first?.type !== "build-started") throw new Error("the first event is not `build-started`");
  if (last?.type !== "build-settled") throw new Error("the last event is not `build-settled`");
  expect(events.filter(({ type }) => type === "build-started")).toHaveLength(1);
  expect(events.filter(({ type }) => type === "build-settled")).toHaveLength(1);
  // Plain data, that a file can hold.
  expect(JSON.parse(JSON.stringify(events))).toEqual(events);

  const nodes = new Map(first.stages.map((node) => [node.id, node]));
  const outcomes = new Map<number, string>();
  const running = new Set<number>();
  const replaying = new Set<number>();
  const hasRewound = events.some(({ type }) => type === "stage-rewound");
  let before = first.atMs;
  for (const event of events) {
    expect(event.atMs).toBeGreaterThanOrEqual(before);
    before = event.atMs;
    if (!("id" in event)) continue;
    const node = nodes.get(event.id);
    expect(event.name).toBe(node?.name);
    if (event.type === "stage-expanded") {
      for (const added of event.stages) nodes.set(added.id, added);
      continue;
    }
    if (event.type === "stage-verified") continue;
    const where = `${event.type} of \`${event.name}\``;
    if (event.type === "stage-progressed") {
      expect(running.has(event.id), `${where}: it does not run`).toBe(true);
      continue;
    }
    if (event.type === "stage-started") {
      expect(running.has(event.id), `${where}: it is running`).toBe(false);
      expect(outcomes.has(event.id) && !hasRewound, `${where}: it has settled`).toBe(false);
      for (const below of node!.dependencies) {
        expect(["ran", "reused", "expanded"], `${where} before what it needs`).toContain(
          outcomes.get(below),
        );
      }
      running.add(event.id);
    } else if (event.type === "stage-output") {
      expect(running.has(event.id), `${where}: replay exactly when it does not run`).toBe(
        !event.isReplay,
      );
      if (event.isReplay) replaying.add(event.id);
    } else if (event.type === "stage-retried") {
      expect(running.delete(event.id), `${where}: it does not run`).toBe(true);
    } else if (event.type === "stage-rewound") {
      running.delete(event.id);
      replaying.delete(event.id);
    } else {
      expect(outcomes.has(event.id) && !hasRewound, `${where}: it has settled`).toBe(false);
      if (event.outcome === "ran") expect(running.has(event.id), where).toBe(true);
      if (replaying.delete(event.id)) expect(event.outcome, where).not.toBe("ran");
      running.delete(event.id);
      outcomes.set(event.id, event.outcome);
    }
  }
  expect([...running], "stages that never settled").toEqual([]);
  expect([...outcomes.keys()].toSorted((a, b) => a - b)).toEqual([...nodes.keys()]);
  const isComplete = [...outcomes.values()].every((each) =>
    ["ran", "reused", "expanded"].includes(each),
  );
  if (last.outcome === "succeeded") expect(isComplete).toBe(true);
  if (!isComplete) expect(last.outcome).not.toBe("succeeded");
}
