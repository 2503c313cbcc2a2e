import { spawn } from "node:child_process";

import { afterEach, describe, expect, test } from "vitest";

import { Guard } from "../src/guard.ts";
import { isGone, until } from "./rig.ts";

const leaders: number[] = [];

afterEach(() => {
  for (const pid of leaders.splice(0)) if (!isGone(pid)) process.kill(-pid, "SIGKILL");
});

/** A process group that goes on for ever, and does not listen. */
function startGroup(): number {
  const script = "trap '' TERM INT HUP; while :; do sleep 1000; done";
  const { pid } = spawn("sh", ["-c", script], { detached: true, stdio: "ignore" });
  leaders.push(pid!);
  return pid!;
}

describe("a guard that ends", () => {
  test("kills all groups that it watches, and no others", async () => {
    const [a, b, c, forgotten, other] = Array.from({ length: 5 }, startGroup) as [
      ...[number, number, number, number, number],
    ];
    const guard = new Guard();
    await guard.start();
    for (const group of [a, forgotten, b, c]) guard.watch(group);
    guard.forget(forgotten);
    await guard.end();
    await until("all watched are gone", () => [a, b, c].every(isGone));
    expect(isGone(forgotten)).toBe(false);
    expect(isGone(other)).toBe(false);
  });

  test("survives groups that are gone, and may be started again", async () => {
    const guard = new Guard();
    for (let round = 0; round < 2; round++) {
      const [gone, alive] = [startGroup(), startGroup()];
      await guard.start();
      guard.watch(gone);
      guard.watch(alive);
      process.kill(-gone, "SIGKILL");
      await until("one is gone", () => isGone(gone));
      expect(isGone(alive)).toBe(false);
      await guard.end();
      await until("the other is gone", () => isGone(alive));
    }
  });

  test("and was never started has nothing to do", async () => {
    const guard = new Guard();
    const group = startGroup();
    guard.watch(group);
    await guard.end();
    expect(isGone(group)).toBe(false);
  });
});
