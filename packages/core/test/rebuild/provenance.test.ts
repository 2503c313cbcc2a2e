/**
 * Provenance: it comes back with its result, from any store, and only if it is ours.
 *
 * @module
 */
import { expect, test } from "vitest";

import { source } from "../../src/artifact/source.ts";
import { build } from "../../src/build/build.ts";
import { digestBytes, emptyDigest } from "../../src/digest/digest.ts";
import { MessageWriter } from "../../src/digest/wire.ts";
import {
  decodeActionResult,
  encodeActionResult,
  type ActionResult,
} from "../../src/graph/action-result.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { decodeProvenance, encodeProvenance } from "../../src/rebuild/provenance.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { echoRunner } from "../build/players.ts";
import { temporary, writeFolder } from "../store/trees.ts";

const result: ActionResult = {
  ...{ files: [], directories: [], exitCode: 0, stdout: emptyDigest, stderr: emptyDigest },
  ...{ worker: "w", startedAt: 1, finishedAt: 2 },
};

test("it can be read back", () => {
  const directory = Buffer.from("directory");
  const provenance = {
    command: Buffer.from("command"),
    action: Buffer.alloc(0),
    directories: new Map([[digestBytes(directory), directory]]),
    replaces: digestBytes(Buffer.from("earlier")),
  };
  const encoded = encodeProvenance(provenance);
  const read = decodeActionResult(encodeActionResult({ ...result, provenance: encoded }));
  expect(decodeProvenance(read.provenance!)).toEqual(provenance);
  const first = { ...provenance, replaces: undefined };
  expect(decodeProvenance(encodeProvenance(first))).toEqual(first);
});

test("what others write in its place is none", () => {
  const any = new MessageWriter().string(1, "usage").string(2, "x").finish();
  const metadata = new MessageWriter().string(1, "w").message(11, any).finish();
  const read = decodeActionResult(new MessageWriter().message(9, metadata).finish());
  expect(read).toMatchObject({ worker: "w" });
  expect(read).not.toHaveProperty("provenance");
});

test.each(["memory", "disk"])(
  "a result says what was run, and what it replaces: %s",
  async (where) => {
    const folder = temporary();
    const store = where === "disk" ? new DiskStore(temporary()) : new MemoryStore();
    const src = source(folder);
    const made = stage("made", () => sh({ root: { src } })`make ${out.file("made")}`)();
    const keys = [];
    for (const content of ["a", "b"]) {
      writeFolder(folder, { file: content });
      const report = await build(made, { runner: echoRunner(), store });
      keys.push(report.stages[0]!.key!);
    }
    const [before, after] = await Promise.all(keys.map((key) => store.actions.get(key)));
    const { action, replaces, directories } = decodeProvenance(after!.provenance!);
    expect(digestBytes(action)).toBe(keys[1]);
    expect(replaces).toBe(keys[0]);
    expect(directories.size).toBe(1);
    expect(decodeProvenance(before!.provenance!).replaces).toBeUndefined();
  },
);
