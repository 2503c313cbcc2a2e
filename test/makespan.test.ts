/**
 * The makespan: what has taken long before is started early.
 *
 * Commands take virtual time, so what is tested is the order in which slots are given out.
 *
 * @module
 */
import {
  all,
  build,
  MemoryStore,
  out,
  sh,
  stage,
  type File,
  type Handle,
  type Report,
  type Store,
} from "@ashlar/core";
import { mockRunner, virtualClock } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

/** Builds in two slots, with commands that take so many virtual milliseconds. */
async function buildIn(
  store: Store,
  targets: Handle,
  durations: Readonly<Record<string, number>>,
): Promise<Report> {
  const clock = virtualClock();
  const runner = mockRunner();
  for (const [name, durationMs] of Object.entries(durations)) {
    runner.on(name, { outputs: { o: name }, durationMs });
  }
  return await build(targets, { runner, store, clock, slots: 2, cwd: "/" });
}

// chain 1 ──▶ chain 2 ──▶ chain 3      short 1 … short 3      long
//    1           1           1            1 each               6
const durations = { "chain 1": 1, "chain 2": 1, "chain 3": 1, short: 1, long: 6 };

function graph(version: number, shorts = 3): Handle {
  const end = stage("chain 1", () => sh`one ${version} ${out.file("o")}`)();
  const link = (name: string, from: File): File =>
    stage(name, () => sh`link ${version} ${from} ${out.file("o")}`)();
  const short = stage("short", (n: number) => sh`short ${version} ${n} ${out.file("o")}`);
  const long = stage("long", () => sh`long ${version} ${out.file("o")}`);
  const shortOnes = Object.fromEntries(
    Array.from({ length: shorts }, (_, n) => [`short${n}`, short(n)]),
  );
  return all({ chain: link("chain 3", link("chain 2", end)), ...shortOnes, long: long() });
}

test("is the shortest there can be when it is known how long commands take, and not before", async () => {
  const store = new MemoryStore();
  // The way with the most nodes goes first, then what is mentioned first: `long` comes last.
  expect((await buildIn(store, graph(1), durations)).durationMs).toBe(8);
  // Every command is another one, and each is known by its predecessor. Twelve milliseconds of work in two
  // slots: no order is faster.
  expect((await buildIn(store, graph(2), durations)).durationMs).toBe(6);
});

test("new commands are taken to be like the others of their stage", async () => {
  const store = new MemoryStore();
  await buildIn(store, graph(1), durations);
  expect((await buildIn(store, graph(2, 5), durations)).durationMs).toBe(7);
});

test("a store without notes knows nothing, and builds the same", async () => {
  const memory = new MemoryStore();
  const store: Store = { content: memory.content, actions: memory.actions };
  expect((await buildIn(store, graph(1), durations)).durationMs).toBe(8);
  expect((await buildIn(store, graph(2), durations)).durationMs).toBe(8);
});
