import { stripVTControlCharacters } from "node:util";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { makeColors } from "../../src/colors.ts";
import { frameLines } from "../../src/reporters/frame.ts";
import { Progress } from "../../src/reporters/progress.ts";
import { Remaining } from "../../src/reporters/remaining.ts";
import { builds, key } from "./builds.ts";

/** A build of `count` stages at 10 s, of which the first `settled` ran and the next `running` run. */
function midway(count: number, settled: number, running: number): Progress {
  const progress = new Progress();
  const steps = Array.from({ length: settled }, (_, at) => [at, "ran"] as const);
  for (const event of builds(count, steps)) {
    if (event.type !== "build-settled") progress.onEvent(event);
  }
  for (let id = settled; id < settled + running; id++) {
    const atMs = 8000 - 1000 * (running - (id - settled));
    progress.onEvent({ type: "stage-started", atMs, id, name: `s${id}`, key, argv: [] });
  }
  return progress;
}

const usual = {
  ...{ now: 10_000, estimate: undefined, expectedOf: () => undefined, isStopping: false },
  ...{ columns: 80, rows: 24, colors: makeColors(false) },
};

describe("a frame", () => {
  test("shows what runs, for how long, and what is left", () => {
    const lines = frameLines({
      ...{ ...usual, progress: midway(40, 8, 2) },
      estimate: { leftMs: 20_000, isAtLeast: false },
      expectedOf: (id) => (id === 8 ? 15_000 : undefined),
    });
    expect(lines).toEqual([
      "[8/40] 2 running · 8 ran · 10.0 s, about 20.0 s left",
      "  s8  4.0 s of 15.0 s",
      "  s9  3.0 s",
    ]);
  });

  test("says of what is elsewhere how far it is, and tells those that wait from those that run", () => {
    const progress = midway(40, 8, 3);
    const further = { type: "stage-progressed", atMs: 9000, name: "" } as const;
    progress.onEvent({ ...further, id: 8, phase: "queued" });
    progress.onEvent({ ...further, id: 8, phase: "executing" });
    progress.onEvent({ ...further, id: 9, phase: "queued" });
    const expectedOf = (id: number): number | undefined => (id === 8 ? 15_000 : undefined);
    expect(frameLines({ ...usual, progress, expectedOf })).toEqual([
      "[8/40] 2 running · 1 queued · 8 ran · 10.0 s",
      "  s8   5.0 s of 15.0 s  executing",
      "  s9   4.0 s            queued",
      "  s10  3.0 s",
    ]);
    // Run again, here: nobody tells where it is.
    progress.onEvent({ type: "stage-started", atMs: 10_000, id: 8, name: "s8", key, argv: [] });
    expect(frameLines({ ...usual, progress })[1]).toBe("  s8    0 ms");
  });

  test("shows the last line that a command has printed, in what room there is, and nothing that a terminal would act on", () => {
    const progress = midway(40, 8, 2);
    const print = (text: string): void => {
      const said = { stream: "stderr", text, isReplay: false } as const;
      progress.onEvent({ type: "stage-output", atMs: 9000, id: 8, name: "s8", ...said });
    };
    const shown = (): string | undefined => frameLines({ ...usual, columns: 40, progress })[1];
    print("   Compiling one v1.0.0\n   \u001b[1mCompiling\u001b[0m two\tv1.0.0\n\n");
    expect(shown()).toBe("  s8  4.0 s  Compiling two v1.0.0");
    print("   Compil");
    print("ing three, which is rather long\r\n");
    expect(shown()).toBe("  s8  4.0 s  Compiling three, which is ");
    print("10 %\r20 %");
    expect(shown()).toBe("  s8  4.0 s  20 %");
    // A prompt without an end, and a page without lines: no more is kept than a screen could show.
    for (let at = 0; at < 100; at++) print("x".repeat(1000));
    expect(progress.running.get(8)?.said?.length).toBeLessThanOrEqual(1000);
    // Run again: what it said before is over.
    progress.onEvent({ type: "stage-started", atMs: 10_000, id: 8, name: "s8", key, argv: [] });
    expect(shown()).toBe("  s8   0 ms");
  });

  test("lists eight commands at most, and counts the others", () => {
    const lines = frameLines({ ...usual, progress: midway(10_000, 0, 64) });
    expect(lines).toHaveLength(9);
    expect(lines.at(-1)).toBe("  … and 57 more");
  });

  test("says that it is stopping, and then nothing of what is left", () => {
    const estimate = { leftMs: 20_000, isAtLeast: true };
    const [line] = frameLines({ ...usual, progress: midway(9, 3, 1), estimate, isStopping: true });
    expect(line).toBe("[3/9] stopping (Ctrl-C again: at once) · 1 running · 3 ran · 10.0 s");
  });

  test("fits any screen, whatever stages are called", () => {
    const names = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("名前", "a\nb", "\u001b[31m", "👩‍👩‍👧"),
    );
    const size = fc.record({ columns: fc.integer({ min: 1, max: 60 }), rows: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(names, { maxLength: 12 }), size, fc.boolean(), (stages, at, painted) => {
        const progress = new Progress();
        for (const [id, name] of stages.entries()) {
          progress.onEvent({ type: "stage-started", atMs: id, id, name, key, argv: [] });
          const said = { stream: "stdout", text: `${name} said`, isReplay: false } as const;
          progress.onEvent({ type: "stage-output", atMs: id, id, name, ...said });
        }
        const lines = frameLines({ ...usual, ...at, progress, colors: makeColors(painted) });
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, at.rows - 1));
        for (const line of lines) {
          const plain = stripVTControlCharacters(line);
          expect(plain).not.toMatch(/\p{Cc}/u);
          expect(plain.length).toBeLessThanOrEqual(Math.max(1, at.columns - 1) * 12);
        }
      }),
    );
  });

  test("is cut at the width of the screen, wide letters counted as two", () => {
    const progress = new Progress();
    progress.onEvent({
      type: "stage-started",
      atMs: 0,
      id: 0,
      name: "名".repeat(30),
      key,
      argv: [],
    });
    const [, line] = frameLines({ ...usual, columns: 21, progress });
    expect(line).toBe(`  ${"名".repeat(4)}…   10.0 s`);
  });

  test("cuts long names rather than how long they run", () => {
    const progress = new Progress();
    const name = "a-name-that-is-longer-than-the-terminal-is-wide";
    progress.onEvent({ type: "stage-started", atMs: 0, id: 0, name, key, argv: [] });
    const [, line] = frameLines({ ...usual, columns: 30, progress });
    expect(line).toBe("  a-name-that-is-lon…  10.0 s");
  });
});

describe("what is left", () => {
  // 0 ─▶ 1 ─▶ 2      3
  const stages = [
    { id: 0, name: "a", dependencies: [] },
    { id: 1, name: "b", dependencies: [0] },
    { id: 2, name: "c", dependencies: [1] },
    { id: 3, name: "d", dependencies: [] },
  ];
  const took: Record<string, number> = { a: 1000, b: 2000, c: 3000, d: 10_000 };
  const estimate = (slots: number, progress: Progress, known = took): unknown => {
    const remaining = new Remaining((label) => known[label], slots);
    remaining.add(stages);
    return remaining.estimate(progress, 5000);
  };

  test("is the longest way with many slots, and all of the work with one", () => {
    expect(estimate(8, new Progress())).toEqual({ leftMs: 10_000, isAtLeast: false });
    expect(estimate(1, new Progress())).toEqual({ leftMs: 16_000, isAtLeast: false });
  });

  test("is less by what has settled, and by the time that something runs already", () => {
    const progress = new Progress();
    for (const event of builds(4, [[0, "reused"]])) progress.onEvent(event);
    progress.onEvent({ type: "stage-started", atMs: 1000, id: 3, name: "d", key, argv: [] });
    expect(estimate(8, progress)).toEqual({ leftMs: 6000, isAtLeast: false });
  });

  test("is never less than nothing, and is at least that if something is new", () => {
    const progress = new Progress();
    progress.onEvent({ type: "stage-started", atMs: -60_000, id: 3, name: "d", key, argv: [] });
    expect(estimate(8, progress, { d: 10 })).toEqual({ leftMs: 0, isAtLeast: true });
    expect(estimate(8, progress, {})).toBeUndefined();
  });
});
