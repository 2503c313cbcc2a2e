import { expect, test } from "vitest";

import { digestBytes, emptyDigest, type Digest } from "../../src/digest/digest.ts";
import { commandState } from "../../src/graph/command.ts";
import { sh } from "../../src/graph/sh.ts";
import { StageCall } from "../../src/graph/stage.ts";
import { remarksOf } from "../../src/rebuild/remarks.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";

const note = { kind: "length", subject: "log", severity: "note" } as const;
const command = sh({ remarks: (log) => [{ ...note, text: `${log.length}` }] })`x`;
const call = new StageCall({
  stage: { stageName: "x" },
  command: command[commandState],
  ...{ args: [], gates: [], declaredAt: undefined },
});

test("a log is its standard output, then its standard error", async () => {
  const { content } = new MemoryStore();
  const [stdout, stderr] = [
    await content.write(Buffer.from("ab")),
    await content.write(Buffer.from("c")),
  ];
  expect(await remarksOf(call, { stdout, stderr }, content)).toEqual([{ ...note, text: "3" }]);
  const silent = { stdout: emptyDigest, stderr: emptyDigest };
  expect(await remarksOf(call, silent, content)).toBeUndefined();
});

test("of a log that is lost there is nothing to say", async () => {
  const { content } = new MemoryStore();
  const stdout = digestBytes(Buffer.from("gone"));
  expect(await remarksOf(call, { stdout, stderr: emptyDigest }, content)).toBeUndefined();
});

test("a log that is too large to be read is not read, and that is said", async () => {
  const { content } = new MemoryStore();
  const half = `${"ab".repeat(32)}/${2 ** 25 + 1}` as Digest;
  expect(await remarksOf(call, { stdout: half, stderr: half }, content)).toMatchObject([
    {
      text: "the log could not be read for remarks: it is larger than 64 MiB",
      severity: "warning",
    },
  ]);
});
