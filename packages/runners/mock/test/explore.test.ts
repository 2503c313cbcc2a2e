import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  dynamic,
  fn,
  out,
  sh,
  stage,
  text,
  type Artifact,
  type File,
  type Gate,
} from "@ashlar/core";
import { explore, mockRunner } from "@ashlar/runner-mock";
import { describe, expect, onTestFinished, test } from "vitest";

import { localRunner } from "../../local/src/index.ts";

/** A closure as a stage, that writes what it returns. */
function closure(name: string, run: () => unknown, ...inputs: readonly Artifact[]): File {
  return stage(name, () =>
    fn.opaque(name, {
      inputs: { inputs },
      outputs: { made: out.file("made") },
      run: async ({ out: to }) => writeFileSync(to.made, String(await run())),
    }),
  )();
}

describe("stages that share", () => {
  test("a variable: whoever ends last has the last word", async () => {
    let language = "";
    const set = (name: string): File => closure(name, () => (language = name));
    const [english, french] = [set("english"), set("french")];
    const greet = closure("greet", () => `in ${language}`, english, french);

    const found = await explore(greet, { schedules: 500, seed: 7 });
    const { difference } = found;
    expect(difference).toMatchObject({
      stages: [{ stage: "greet", first: 'made = "in french"', later: 'made = "in english"' }],
      firstOrder: ["english", "french", "greet"],
      isRepeatable: true,
    });
    expect(difference!.schedule).toBe(found.schedules);
    const schedule = difference!.schedule;
    expect(String(found).split("\n").at(-1)).toBe(
      `to see it again: explore(pipeline, { seed: 7, schedule: ${schedule} })`,
    );

    // The same seed finds the same, at once if it is told where.
    expect((await explore(greet, { schedules: 500, seed: 7 })).difference).toEqual(difference);
    const replayed = await explore(greet, { seed: 7, schedule });
    expect(replayed).toMatchObject({ schedules: 1, difference });

    // What was forgotten is a gate.
    const mended = closure("greet", () => `in ${language}`, english, french.after(english));
    const { difference: none, orders } = await explore(mended, { schedules: 20, seed: 7 });
    expect([none, orders]).toEqual([undefined, 1]);
  });

  test("a file that no graph knows of, read and then written: updates get lost", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ashlar-explore-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const counter = join(folder, "counter");
    const reset = (): void => writeFileSync(counter, "0");
    const count = (name: string): File =>
      closure(name, async () => {
        const before = Number(await readFile(counter, "utf8"));
        await writeFile(counter, `${before + 1}`);
        return name;
      });
    const total = closure("total", () => readFileSync(counter, "utf8"), count("one"), count("two"));
    const { difference } = await explore(total, { reset, schedules: 500 });
    expect(difference?.stages.map(({ stage: name }) => name)).toEqual(["total"]);
    expect(difference?.stages[0]?.later).not.toBe(difference?.stages[0]?.first);
  });

  test("a counter: each gets a number, and who gets which is chance", async () => {
    let next = 0;
    const number = stage("number", (item: File) =>
      fn.opaque("number", {
        inputs: { item },
        outputs: { made: out.file("made") },
        run: ({ out: to }) => writeFileSync(to.made, `${++next}`),
      }),
    );
    const items = ["a", "b", "c"].map((name) => number(text(name).as(name)));
    const reset = (): void => void (next = 0);
    const { difference } = await explore(all(Object.fromEntries(items.entries())), { reset });
    expect(difference?.stages.length).toBeGreaterThan(1);
    expect(difference?.stages.every(({ stage: name }) => name.startsWith("number"))).toBe(true);
    expect(difference?.isRepeatable).toBe(true);
  });

  test("something that is kept from build to build is no matter of order, and said to be none", async () => {
    let builds = 0;
    const found = await explore(closure("count", () => builds++));
    expect(found.difference).toMatchObject({ schedule: 1, isRepeatable: false });
    expect(String(found)).toContain("see what is kept from build to build");
  });
});

describe("stages that share nothing", () => {
  /** Two chains of three, and what stands on both. */
  const pipeline = (): Gate => {
    const link = stage(
      "link",
      (id: string, input: Artifact) => sh`link ${id} ${input} ${out.file("o")}`,
    );
    const chain = (n: string): File =>
      link(`${n}3`, link(`${n}2`, link(`${n}1`, text(n).as("start"))));
    return stage("end", (...ends: File[]) => sh`end ${ends}`)(chain("1"), chain("2"));
  };

  test("make the same in all orders, of which there are many", async () => {
    const found = await explore(pipeline(), { schedules: 100 });
    expect(found).toMatchObject({ seed: 1, schedules: 100, difference: undefined });
    // Of six links in two chains there are twenty.
    expect(found.orders).toBeGreaterThan(15);
    expect(String(found)).toBe(`100 schedules in ${found.orders} orders made the same (seed 1)`);
  });

  test("also where they fail, are tried again, are described later, or are short of time", async () => {
    const flaky = stage("flaky", () => sh({ retries: 2, timeoutMs: 1 })`flaky ${out.file("o")}`)();
    const broken = stage("broken", () => sh`broken`)();
    const later = dynamic("later", { flaky }, async ({ flaky: file }) => {
      const letters = (await file.text()).split(" ");
      const use = stage("use", (letter: string) => sh`use ${letter} ${out.file("o")}`);
      return all(Object.fromEntries(letters.map((letter) => [letter, use(letter)])));
    });
    const targets = all({ later, behind: stage("behind", () => sh`behind`)().after(broken) });
    let runs = 0;
    const runner = mockRunner({ onUnmatched: "succeed-empty" })
      .on("flaky", () => (++runs % 3 === 0 ? { outputs: { o: "a b c" } } : { exitCode: 1 }))
      .on("broken", { exitCode: 1 });
    const found = await explore(targets, { runner, schedules: 30 });
    expect(found.difference).toBeUndefined();
    expect(found.orders).toBeGreaterThan(5);
  });
});

test("a script that fails in another order shows", async () => {
  let isReady = false;
  const [setUp, use] = ["set up", "use"].map((name) => stage(name, () => sh`${name}`)());
  const runner = mockRunner()
    .on("set up", () => void (isReady = true))
    .on("use", () => ({ exitCode: isReady ? 0 : 1 }));
  const reset = (): void => void (isReady = false);
  const found = await explore(all({ setUp: setUp!, use: use! }), { runner, reset });
  expect(found.difference).toMatchObject({
    stages: [{ stage: "use", first: "nothing", later: "exit 1" }],
    order: ["use", "set up"],
  });
});

test.each([{ schedules: 0 }, { schedules: 1.5 }, { seed: -1 }, { seed: NaN }, { schedule: 0 }])(
  "there is no exploration with %j",
  async (options) => {
    await expect(explore(text("t").as("t"), options)).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
  },
);

test("an exploration can be ended", async () => {
  const cancel = new AbortController();
  const runner = mockRunner().on("once", () => cancel.abort(new Error("enough")));
  const once = stage("once", () => sh`once`)();
  await expect(explore(once, { runner, signal: cancel.signal })).rejects.toThrow("enough");
});

test("functions in processes of their own are explored like closures, by their runner", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-explore-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "shared");
  const write = (word: string): Gate =>
    stage(`write ${word}`, () =>
      fn({
        captures: { file, word },
        run: async ({ captures }) => {
          const fs = await import("node:fs/promises");
          await fs.writeFile(captures.file, captures.word);
        },
      }),
    )();
  const read = stage("read", () =>
    fn({
      captures: { file },
      outputs: { made: out.file("made") },
      run: async ({ captures, out: to }) => {
        const fs = await import("node:fs/promises");
        await fs.copyFile(captures.file, to.made);
      },
    }),
  )().after(write("one"), write("two"));
  await using runner = localRunner({ sandbox: "none" });
  const found = await explore(read, { runner, schedules: 20 });
  expect(found.difference?.stages).toEqual([
    { stage: "read", first: 'made = "two"', later: 'made = "one"' },
  ]);
});
