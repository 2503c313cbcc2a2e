/**
 * A command that has ended gives back what it had: others start before its outputs are kept.
 *
 * @module
 */
import { expect, test } from "vitest";

import {
  MemoryStore,
  all,
  build,
  digestBytes,
  out,
  sh,
  stage,
  text,
  type Action,
  type Execution,
  type File,
  type RunContext,
  type Runner,
  type Targets,
} from "../../src/index.ts";

const nothing = digestBytes(new Uint8Array());

/** Says when each command starts, when it has ended, and when its outputs are kept. */
class TellingRunner implements Runner {
  readonly name = "telling";
  readonly platform = [];
  readonly hermeticity = "mock";
  readonly told: string[] = [];

  async run({ argv, outputs }: Action, { content, onEnded }: RunContext): Promise<Execution> {
    const name = argv[1] ?? "";
    this.told.push(`${name} starts`);
    await onEnded?.();
    const digest = await content.write(Buffer.from(name));
    this.told.push(`${name} is kept`);
    return {
      ...{ exitCode: 0, endedBy: undefined, written: [], startedAt: 0, finishedAt: 0 },
      outputs: new Map(
        outputs.map(({ path }) => [path, { kind: "file", digest, isExecutable: false }]),
      ),
      ...{ stdout: nothing, stderr: nothing },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const make = stage(
  "make",
  (name: string, from: File) => sh`make ${name} ${from} ${out.file("made")}`,
);

async function tell(targets: Targets): Promise<readonly string[]> {
  const runner = new TellingRunner();
  const report = await build(targets, { runner, store: new MemoryStore(), slots: 1 });
  expect(report.errors).toEqual([]);
  return runner.told;
}

test("who waits starts before the outputs of the one before are kept", async () => {
  const from = text("from");
  const told = await tell(all({ a: make("a", from), b: make("b", from) }));
  expect(told.slice(0, 2)).toEqual(["a starts", "b starts"]);
  expect(told.slice(2).toSorted()).toEqual(["a is kept", "b is kept"]);
});

// a ──▶ b ──▶ c ──▶ d
// z
test("who waits does not pass what becomes ready by the one before, and is more urgent", async () => {
  const from = text("from");
  const chain = make("d", make("c", make("b", make("a", from))));
  const told = await tell(all({ chain, z: make("z", from) }));
  expect(told.filter((line) => /starts/.test(line)).slice(0, 3)).toEqual([
    "a starts",
    "b starts",
    "c starts",
  ]);
});
