/**
 * A program for tests: one process that builds one stage, whose command the parent holds.
 *
 *     child: "running"  ──▶ parent                 its command was started
 *     child: "waiting"  ──▶ parent                 another process has its action
 *     child: { outcome, ran, attempts } ──▶        the build is over
 *     parent: { exitCode } or "cancel"  ──▶ child
 *
 * @module
 */
import { systemClock } from "../../src/base/clock.ts";
import { tryBuild } from "../../src/build/build.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import type { Runner } from "../../src/runner/runner.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import type { Store } from "../../src/store/store.ts";

/** What the parent says. */
export type Said = { readonly exitCode: number } | "cancel";

/** What a child says of its build. */
export interface Landed {
  readonly outcome: string;
  readonly ran: readonly string[];
  readonly reused: readonly string[];
}

const say = (what: "running" | "waiting" | Landed): unknown => process.send?.(what);

const cancel = new AbortController();
let answer: (exitCode: number) => void = () => {};
process.on("disconnect", () => process.exit());
process.on("message", (said: Said) => {
  if (said === "cancel") cancel.abort(new Error("enough"));
  else answer(said.exitCode);
});

const runner: Runner = {
  name: "held",
  platform: [],
  hermeticity: "mock",
  async run(action, { content }) {
    const exitCode = await new Promise<number>((resolve) => {
      answer = resolve;
      say("running");
    });
    const log = await content.write(Buffer.from(""));
    const digest = await content.write(Buffer.from("made"));
    const [output] = action.outputs;
    return {
      exitCode,
      endedBy: undefined,
      outputs: new Map(output && [[output.path, { kind: "file", digest, isExecutable: false }]]),
      written: [],
      ...{ stdout: log, stderr: log, startedAt: 1, finishedAt: 2 },
    };
  },
  async [Symbol.asyncDispose]() {},
};

const disk = new DiskStore(process.argv[2] ?? "");
const store: Store = {
  content: disk.content,
  actions: disk.actions,
  hold: () => disk.hold(),
  claims: {
    take: (key) => disk.claims.take(key),
    released: async (...given) => {
      say("waiting");
      await disk.claims.released(...given);
    },
  },
};

const make = stage("make", () => sh`make ${out.file("made")}`);
const { outcome, ran, reused } = await tryBuild(make(), {
  ...{ runner, store, signal: cancel.signal },
  // What is looked at from time to time is looked at often.
  clock: {
    now: () => systemClock.now(),
    after: (ms, callback) => systemClock.after(ms / 50, callback),
  },
});
say({ outcome, ran, reused });
process.disconnect();
