/**
 * Sources of one build.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { state, type Artifact, type SourceOrigin } from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Packer, Unpacker } from "../../src/base/packing.ts";
import { makePlan } from "../../src/graph/plan.ts";
import { resolveArtifact } from "../../src/rebuild/resolve.ts";
import { Sources } from "../../src/rebuild/sources.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import type { ContentStore } from "../../src/store/store.ts";
import { entryName, temporary, writeFolder } from "../store/trees.ts";

const originOf = (artifact: Artifact): SourceOrigin => artifact[state].origin as SourceOrigin;
const sourcesOf = (content: ContentStore, cwd: string): Sources =>
  new Sources({
    ...{ content, cwd, clock: systemClock, recorded: undefined },
    signal: new AbortController().signal,
  });

test("two handles that ask for the same get the same snapshot, others do not", async () => {
  const directory = temporary();
  writeFolder(directory, { src: { a: "1" } });
  const sources = sourcesOf(new MemoryStore(), directory);
  const first = await sources.take(originOf(source("src")));
  fs.writeFileSync(join(directory, "src/a"), "2");
  expect(await sources.take(originOf(source("./src/")))).toBe(first);
  expect(await sources.take(originOf(source(join(directory, "src"))))).toBe(first);
  expect(sources.find(originOf(source("src")))).toBe(first);
  expect(sources.find(originOf(source("src", { exclude: ["x"] })))).toBeUndefined();
  expect(await sources.take(originOf(source("src", { exclude: ["x"] })))).not.toEqual(first);
});

describe("refused:", () => {
  test("a directory that is not there", async () => {
    const sources = sourcesOf(new MemoryStore(), temporary());
    await expect(sources.take(originOf(source("nowhere")))).rejects.toMatchObject({
      code: "SOURCE_MISSING",
    });
  });

  test("a file", async () => {
    const directory = temporary();
    writeFolder(directory, { file: "" });
    const sources = sourcesOf(new MemoryStore(), directory);
    await expect(sources.take(originOf(source("file")))).rejects.toMatchObject({
      code: "SOURCE_NOT_DIRECTORY",
    });
    await expect(sources.take(originOf(source("file/below")))).rejects.toMatchObject({
      code: "SOURCE_MISSING",
    });
  });
});

test("a single file may have any name", async () => {
  const directory = temporary();
  await fc.assert(
    fc.asyncProperty(entryName, async (name) => {
      const place = fs.mkdtempSync(join(directory, "f"));
      writeFolder(place, { [name]: "content", other: "other", [`${name}2`]: "other" });
      const store = new MemoryStore();
      const file = source.file(join(place, name));
      const sources = sourcesOf(store, place);
      for (const origin of makePlan([file]).sources) await sources.take(origin);
      const value = await resolveArtifact(store, file, {
        sourceValue: (origin) => sources.find(origin),
        outputValue: () => undefined,
        hasRun: () => false,
      });
      expect((await store.read(value.digest)).toString()).toBe(
        name === "other" ? "other" : "content",
      );
      fs.rmSync(place, { recursive: true });
    }),
    { numRuns: 100, examples: [['"('], ['"*"'], ['a"\\"{b}']] },
  );
});

/** What may happen to a directory between two builds. Sizes tell, where a clock would not. */
const edit = fc.oneof(
  fc.record({ type: fc.constant("append"), path: fc.constantFrom("a", "b", "sub/a", "sub/b") }),
  fc.record({ type: fc.constant("chmod"), path: fc.constantFrom("a", "sub/a") }),
  fc.record({ type: fc.constant("remove"), path: fc.constantFrom("a", "sub/b") }),
  fc.record({ type: fc.constant("link"), path: fc.constantFrom("b", "sub/a") }),
  fc.record({ type: fc.constant("add"), path: fc.constantFrom("new", "sub/new", ".gitignore") }),
);

function apply(directory: string, { type, path }: { type: string; path: string }): void {
  const full = join(directory, path);
  if (type === "remove" || type === "link") fs.rmSync(full, { force: true });
  if (type === "link") fs.symlinkSync("elsewhere", full);
  const isFile = fs.lstatSync(full, { throwIfNoEntry: false })?.isFile() === true;
  if (type === "append" && isFile) fs.appendFileSync(full, "more");
  if (type === "chmod" && isFile) fs.chmodSync(full, fs.statSync(full).mode ^ 0o111);
  if (type === "add") fs.appendFileSync(full, "sub/b\n");
}

test("what is remembered never hides a change", async () => {
  // From an hour ahead, no file looks too young to be trusted.
  const ahead = { ...systemClock, now: () => Date.now() + 3_600_000 };
  const clock = fc.constantFrom(systemClock, ahead);
  const filter = fc.constantFrom({}, { gitignore: false }, { exclude: ["sub/a"] });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(edit, { maxLength: 3 })),
      clock,
      filter,
      async (builds, at, given) => {
        const directory = temporary();
        const before = { a: "1", b: "2", sub: { a: "3", b: "4", deeper: { c: "5" } } };
        writeFolder(directory, before);
        const origin = originOf(source(".", given));
        const content = new MemoryStore();
        const { signal } = new AbortController();
        let recorded: Unpacker | undefined;
        for (const edits of [[], ...builds]) {
          for (const each of edits) apply(directory, each);
          const sources = new Sources({ content, cwd: directory, clock: at, signal, recorded });
          const taken = await sources.take(origin);
          const fresh = await sourcesOf(new MemoryStore(), directory).take(origin);
          expect(taken).toEqual(fresh);
          const packer = new Packer();
          sources.pack(packer);
          recorded = new Unpacker(packer.finish());
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("files beside one that has changed are known to be the same", async () => {
  const directory = temporary();
  writeFolder(directory, { a: "1", sub: { b: "2", c: "3" } });
  const content = new MemoryStore();
  const { signal } = new AbortController();
  const clock = { ...systemClock, now: () => Date.now() + 3_600_000 };
  const origin = originOf(source("."));
  const first = new Sources({ content, cwd: directory, clock, signal, recorded: undefined });
  await first.take(origin);
  const packer = new Packer();
  first.pack(packer);

  fs.appendFileSync(join(directory, "sub/b"), "more");
  const recorded = new Unpacker(packer.finish());
  const second = new Sources({ content, cwd: directory, clock, signal, recorded });
  await second.take(origin);
  expect(second.isUnchanged(origin)).toBe(false);
  const isSame = (path: string): boolean => second.isFileUnchanged(origin, path);
  expect(["a", "sub/b", "sub/c", "sub", "nowhere"].map(isSame)).toEqual([
    ...[true, false, true],
    ...[false, false],
  ]);
});
