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
      code: "SOURCE_UNREADABLE",
    });
  });
});

test("a single file may have any name", { timeout: 60_000 }, async () => {
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
    { numRuns: 100 },
  );
});
