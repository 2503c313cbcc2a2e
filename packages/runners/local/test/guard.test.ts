import { spawn, type SpawnOptions } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { afterEach, describe, expect, test } from "vitest";

import { Guard } from "../src/guard.ts";
import { folder, isGone, until } from "./rig.ts";

const leaders: number[] = [];
const nowhere = "/nowhere";

afterEach(() => {
  for (const pid of leaders.splice(0)) if (!isGone(pid)) process.kill(-pid, "SIGKILL");
});

/** A process group that goes on for ever, and does not listen. */
function startGroup(options: SpawnOptions = {}): number {
  const script = "trap '' TERM INT HUP; while :; do sleep 1000; done";
  const { pid } = spawn("sh", ["-c", script], { ...options, detached: true, stdio: "ignore" });
  leaders.push(pid!);
  return pid!;
}

describe("a guard that ends", () => {
  test("kills all groups that it watches, and no others", async () => {
    const [a, b, c, forgotten, other] = Array.from({ length: 5 }, () => startGroup()) as [
      ...[number, number, number, number, number],
    ];
    const guard = new Guard(nowhere);
    await guard.start();
    for (const group of [a, forgotten, b, c]) guard.watch(group);
    guard.forget(forgotten);
    await guard.end();
    await until("all watched are gone", () => [a, b, c].every(isGone));
    expect(isGone(forgotten)).toBe(false);
    expect(isGone(other)).toBe(false);
  });

  test("survives groups that are gone, and may be started again", async () => {
    const guard = new Guard(nowhere);
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

  test.skipIf(process.platform !== "linux")(
    "kills those that it has not heard of, too (seen in /proc, so on Linux only)",
    async () => {
      const own = folder();
      const other = folder();
      for (const each of [own, other]) mkdirSync(join(each, "root"));
      const env = { PATH: "/usr/bin:/bin", HOME: join(own, "home") };
      const guard = new Guard(own);
      await guard.start();
      const unheard = startGroup({ cwd: join(own, "root"), env });
      // Somebody who looks around, and somebody of another runner.
      const visitor = startGroup({ cwd: join(own, "root"), env: { PATH: env.PATH } });
      const stranger = startGroup({ cwd: join(other, "root"), env });
      await guard.end();
      await until("it is gone", () => isGone(unheard));
      expect(isGone(visitor)).toBe(false);
      expect(isGone(stranger)).toBe(false);
    },
  );

  test("and was never started has nothing to do", async () => {
    const guard = new Guard(nowhere);
    const group = startGroup();
    guard.watch(group);
    await guard.end();
    expect(isGone(group)).toBe(false);
  });
});
