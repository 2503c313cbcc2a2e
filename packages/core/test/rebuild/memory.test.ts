import { createHash } from "node:crypto";

import { describe, expect, test } from "vitest";

import { Packer } from "../../src/base/packing.ts";
import { Memory } from "../../src/rebuild/memory.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";

describe("the memory of builds", () => {
  const asked = ["key", "/cwd", "local", {}, ["app"]];
  const numbers = (memory: Memory): number | undefined =>
    memory.recall((packed) => packed?.number());

  test("tells sources apart, and targets", () => {
    const { notes } = new MemoryStore();
    const subjects = [
      new Memory(notes, asked, ["a"]),
      new Memory(notes, asked, ["b"]),
      new Memory(notes, [...asked, "more"], ["a"]),
    ].map(({ subject }) => subject);
    expect(new Set(subjects).size).toBe(3);
    expect(new Memory(notes, asked, ["a"]).subject).toBe(subjects[0]);
  });

  test("reads what was written before it told sources apart, as that of other sources", () => {
    const { notes } = new MemoryStore();
    const hash = createHash("sha256").update(JSON.stringify([6, ...asked]));
    const former = new Packer().number(0).number(17).number(42).finish();
    notes.write(`build-${hash.digest("hex").slice(0, 32)}`, former);
    const memory = new Memory(notes, asked, ["a"]);
    expect(numbers(memory)).toBe(42);
    expect(memory.isBlank).toBe(false);
    // Its record is nobody's any more who goes by names.
    expect(memory.record).toBe(undefined);
  });
});
