/**
 * The snippets of `docs/testing-pipelines.md` that are about time: each is type-checked and executed.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";

import {
  all,
  build,
  fn,
  MemoryStore,
  out,
  sh,
  simulate,
  stage,
  tryBuild,
  type File,
} from "@ashlar/core";
import { explore, mockRunner, virtualClock } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

const compile = stage(
  "compile",
  (version: string) =>
    sh({ retries: { times: 2, delayMs: 60_000, backoff: 2 } })`cc ${version} ${out.file("app")}`,
);
const check = stage("check", (app: File) => sh({ timeoutMs: 3_600_000 })`${app} --self-test`);

test("shows time", async () => {
  // docs: time
  const minute = 60_000;
  const runner = mockRunner()
    // Fails twice, and takes ten minutes in each of its three runs.
    .on(compile, ({ nth }) => ({
      exitCode: nth < 3 ? 1 : 0,
      outputs: { app: "machine code" },
      durationMs: 10 * minute,
    }))
    // Hangs after some work. Only its time limit, an hour, ends it.
    .on(check, async ({ sleep }) => {
      await sleep(5 * minute);
      await sleep(Infinity);
    });

  const clock = virtualClock();
  const app = compile("1.0");
  const report = await tryBuild(check(app), { runner, clock, store: new MemoryStore() });

  // 10 + pause of 1 + 10 + pause of 2 + 10, and then 60.
  expect(report.durationMs).toBe(93 * minute);
  expect(report.stages).toMatchObject([
    { name: "compile", outcome: "ran", attempts: 3 },
    { name: "check", outcome: "failed", error: { code: "STAGE_TIMED_OUT" } },
  ]);
  // docs end
});

test("shows waiting", async () => {
  const serve = stage("serve", () => sh`serve`);
  const probe = stage("probe", () => sh`probe`);
  // docs: waiting
  let listen = (): void => {};
  const listening = new Promise<void>((resolve) => (listen = resolve));
  const runner = mockRunner()
    .on(serve, async ({ sleep }) => {
      await sleep(2000);
      listen();
      await sleep(8000);
    })
    .on(probe, async ({ waitFor }) => await waitFor(listening, "the server"));

  const targets = all({ served: serve(), probed: probe() });
  const options = { runner, clock: virtualClock(), slots: 2 };
  const report = await build(targets, { ...options, store: new MemoryStore() });
  expect(report.durationMs).toBe(10_000);
  // docs end
});

test("shows a deadlock", async () => {
  const serve = stage("serve", () => sh`serve`);
  const probe = stage("probe", () => sh`probe`);
  // docs: deadlock
  const runner = mockRunner()
    .on(probe, async ({ waitFor }) => await waitFor(new Promise(() => {}), "the server"))
    .on(serve, {});

  // The one slot is the probe's, so the server cannot start.
  const targets = all({ probed: probe(), served: serve() });
  const options = { runner, clock: virtualClock(), slots: 1 };
  await expect(build(targets, { ...options, store: new MemoryStore() })).rejects.toMatchObject({
    code: "CLOCK_DEADLOCK",
    facts: { waits: "`serve` waits for cpu 1, behind `probe`\n`probe` waits for the server" },
  });
  // docs end
});

test("shows simulation", async () => {
  const unit = stage("unit", (n: number) => sh`unit ${n} ${out.file("o")}`);
  const link = stage("link", (units: readonly File[]) => sh`link ${units} ${out.file("app")}`);
  const pipeline = link(Array.from({ length: 100 }, (_, n) => unit(n).as(`unit-${n}`)));
  const store = new MemoryStore();
  const runner = mockRunner()
    .on(unit, { outputs: { o: "" }, durationMs: 60_000 })
    .on(link, { outputs: { app: "" }, durationMs: 120_000 });
  // docs: recorded
  // What builds with this runner have taken, in this store and directory, is on record.
  const report = await build(pipeline, { runner, store, clock: virtualClock(), slots: 8 });
  const { makespanMs, utilisation, criticalPath } = report.timing();
  expect([makespanMs, utilisation, criticalPath]).toEqual([900_000, 0.85, ["unit", "link"]]);

  const { makespanMs: wider } = await simulate(pipeline, { runner, store, slots: 64 });
  expect(wider).toBe(240_000);
  // docs end
});

test("shows how an order is seen again", async () => {
  const seen: string[] = [];
  const visit = (name: string) =>
    stage(name, () => fn.opaque(name, { run: () => void seen.push(name) }))();
  const [home, about] = [visit("home"), visit("about")];
  const index = stage("index", () =>
    fn.opaque("index", {
      outputs: { list: out.file("list.txt") },
      run: async ({ out: to }) => await writeFile(to.list, seen.join(" ")),
    }),
  )().after(home, about);
  const reset = () => seen.splice(0);
  const { difference } = await explore(index, { schedules: 500, reset });
  const schedule = difference?.schedule ?? 0;
  // docs: replay
  const found = await explore(index, { seed: 1, schedule, reset });
  expect(found.difference).toMatchObject({
    stages: [{ stage: "index", first: 'list = "home about"', later: 'list = "about home"' }],
    firstOrder: ["home", "about", "index"],
    order: ["about", "home", "index"],
  });
  // docs end
});
