/**
 * Guarantee 8: nothing of a command is left, however it ends.
 *
 * Commands print the numbers of their processes, which may be numbers of their own, as in a container; so they
 * are also known by a mark in their environment. No test waits for time to pass: when a run has settled, the
 * processes must be gone at once.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import type { Clock } from "../../base/clock.ts";
import type { BuildOptions } from "../../build/build.ts";
import type { Report } from "../../build/report.ts";
import type { Command } from "../../graph/command.ts";
import { out } from "../../graph/out.ts";
import { sh } from "../../graph/sh.ts";
import { call, codes, isGone, startedWith, watched, type Bench, type Check } from "./bench.ts";

/** Starts what does not want to end: a child, a grandchild, and one that has closed its outputs. */
const script = `
  trap '' TERM
  sh -c 'trap "" TERM; echo pid $$; sh -c '\\''echo pid $$; exec sleep 1000'\\'' & exec sleep 1000' &
  sh -c 'trap "" TERM; echo pid $$; exec sleep 1000 > /dev/null 2>&1' &
  echo pid $$
`;
const familySize = 4;

/** How each of them says its number. */
const said = "echo pid $$";

/** Declares the tests. */
export function checkEnds(check: Check): void {
  check(8, "a run that is cancelled before its start starts nothing", async (bench) => {
    await bench.build(call(sh`echo started`));
    let printed = "";
    const signal = AbortSignal.abort(new Error("enough"));
    const onLog = (_: string, chunk: Uint8Array): void => void (printed += chunk.toString());
    await bench.run({ signal, onLog }).catch(() => {});
    bench.expect(printed).toBe("");
  });

  check(8, "a run may be cancelled at whatever it is doing with the store", async (bench) => {
    const mark = randomUUID();
    bench.write({ "in/a": "a", "in/d/b": "b" });
    const command = sh({
      root: { in: bench.project },
      env: { MARK: mark },
      outputs: { o: out.tree("o") },
    })`sh -ec ${"cp -R in o; echo printed"}`;
    const whole = call(command);
    const digest = await (await bench.build(whole)).digest(whole);
    const { content } = bench.last;
    // While inputs are laid, and while outputs are taken: at its first use of the store, its second, …
    for (let at = 1, uses = at; uses >= at; at++) {
      const cancel = new AbortController();
      uses = 0;
      const counting = watched(content, () => {
        if (++uses === at) cancel.abort(new Error("enough"));
      });
      await bench.run({ signal: cancel.signal, content: counting }).catch(() => {});
      bench.expect(startedWith(mark) ?? []).toEqual([]);
    }
    const values = [...(await bench.run()).outputs.values()];
    bench.expect(values).toEqual([{ kind: "tree", digest }]);
  });

  check(8, "all that ignores SIGTERM is gone when a cancelled run settles", async (bench) => {
    const cancel = new AbortController();
    const family = new Family(() => cancel.abort(new Error("enough")));
    const report = await family.tryBuild(bench, family.forever(), { signal: cancel.signal });
    bench.expect(report.outcome).toBe("cancelled");
    bench.expect(codes(report)).toEqual(["BUILD_CANCELLED"]);
    family.checkStopped(bench);
  });

  check(8, "all that ignores SIGTERM is gone when a run is out of time", async (bench) => {
    const clock = new HandClock();
    const family = new Family(() => clock.ring());
    const report = await family.tryBuild(bench, family.forever(400), { clock });
    bench.expect(codes(report)).toEqual(["STAGE_TIMED_OUT"]);
    bench.expect(report.errors[0]?.facts["log"]).toContain("pid ");
    family.checkStopped(bench);
  });

  check(8, "what a command leaves running is gone when it has ended by itself", async (bench) => {
    const family = new Family();
    const report = await family.tryBuild(bench, family.endingWith(0));
    bench.expect(codes(report)).toEqual([]);
    family.checkGone(bench);
  });

  check(8, "what a command leaves running is gone when it has failed", async (bench) => {
    const family = new Family();
    const report = await family.tryBuild(bench, family.endingWith(1));
    bench.expect(codes(report)).toEqual(["STAGE_FAILED"]);
    family.checkGone(bench);
  });

  check(
    8,
    "a run that is cancelled right at its end settles, and leaves no half result",
    async (bench) => {
      const outputs = { o: out.file("o") };
      const pauses = [
        (abort: () => void) => abort(),
        (abort: () => void) => queueMicrotask(abort),
        (abort: () => void) => void setImmediate(abort),
        (abort: () => void) => void setTimeout(abort, 1),
        (abort: () => void) => void setTimeout(abort, 3),
      ];
      for (const [n, pause] of pauses.entries()) {
        const last = call(sh({ outputs, env: { N: n } })`sh -c ${"echo whole > o; echo end"}`);
        const cancel = new AbortController();
        const report = await bench.tryBuild(last, {
          signal: cancel.signal,
          onEvent: ({ type }) => {
            if (type === "stage-output") pause(() => cancel.abort(new Error("enough")));
          },
        });
        bench.expect(["succeeded", "cancelled"]).toContain(report.outcome);
        bench.expect(await (await bench.build(last)).text(last)).toBe("whole\n");
      }
    },
  );
}

/** A script that ends once all its processes have said their numbers, and leaves them behind. */
function untilAllSaid(exitCode: number): string {
  const loud = script.replaceAll(said, () => `${said}; echo > "$HOME/$$"`);
  return `${loud}\nwhile [ "$(ls "$HOME" | wc -l)" -lt ${familySize} ]; do :; done; exit ${exitCode}`;
}

/** A clock on which time passes when the test says so. */
class HandClock implements Clock {
  readonly #waiting = new Set<() => void>();

  now(): number {
    return 0;
  }

  after(_: number, callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  /** Calls all who wait. */
  ring(): void {
    for (const callback of this.#waiting) callback();
  }
}

/** The processes of one command. */
class Family {
  readonly #onComplete: () => void;
  /** A variable of all of them, which nobody else has. */
  readonly #mark = randomUUID();
  #text = "";
  #seen: number | undefined;
  #isComplete = false;

  /** @param onComplete - Called when the numbers of all are known. */
  constructor(onComplete: () => void = () => {}) {
    this.#onComplete = onComplete;
  }

  /** A command that has to be stopped. */
  forever(timeoutMs?: number): Command {
    const options = { env: { MARK: this.#mark }, ...(timeoutMs !== undefined && { timeoutMs }) };
    return sh(options)`sh -c ${`${script}\nwhile :; do sleep 1000; done`}`;
  }

  /** A command that ends by itself, and leaves the others behind. */
  endingWith(exitCode: number): Command {
    return sh({ env: { MARK: this.#mark } })`sh -c ${untilAllSaid(exitCode)}`;
  }

  get pids(): number[] {
    return [...this.#text.matchAll(/^pid (\d+)\n/gm)].map(([, pid]) => Number(pid));
  }

  hear(text: string): void {
    this.#text += text;
    // Once: what is printed later may come after their end.
    if (this.pids.length !== familySize || this.#isComplete) return;
    this.#isComplete = true;
    this.#seen = startedWith(this.#mark)?.length;
    this.#onComplete();
  }

  async tryBuild(
    bench: Bench,
    command: Command,
    options: Partial<BuildOptions> = {},
  ): Promise<Report> {
    return await bench.tryBuild(call(command), {
      ...options,
      onEvent: (event) => {
        if (event.type === "stage-output") this.hear(event.text);
      },
    });
  }

  /** Expects that all were there when they were stopped, and that none is left. */
  checkStopped(bench: Bench): void {
    const isSeen = this.#seen === undefined || this.#seen >= familySize;
    bench.expect(isSeen, `${this.#seen} processes of ${familySize} were seen`).toBe(true);
    this.checkGone(bench);
  }

  /** Expects that none is left, now. */
  checkGone(bench: Bench): void {
    const { pids } = this;
    bench.expect(pids.length, "processes that said their numbers").toBe(familySize);
    const left = startedWith(this.#mark) ?? pids.filter((pid) => !isGone(pid));
    bench.expect(left, "processes that are left").toEqual([]);
  }
}
