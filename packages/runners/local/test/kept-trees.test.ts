import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { MemoryStore, snapshot, type ContentStore, type Digest } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { KeptTrees } from "../src/kept-trees.ts";
import { pruneTrees } from "../src/prune-trees.ts";
import { SharedFolder } from "../src/shared-folder.ts";
import { folder } from "./rig.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

/** A store, a place for trees, and trees of one file each. */
async function start(
  limits = { bytes: 1e9, ageMs: 14 * day, onceMs: day, busyMs: 60 * minute },
): Promise<{
  readonly place: string;
  readonly trees: KeptTrees;
  readonly store: ContentStore;
  readonly tree: (text: string) => Promise<Digest>;
}> {
  const store = new MemoryStore();
  const place = join(folder(), "trees");
  return {
    ...{ place, store: store.content, trees: new KeptTrees(place, limits) },
    tree: async (text) => {
      const from = folder();
      mkdirSync(join(from, "deep"));
      writeFileSync(join(from, "deep/file"), text);
      return await snapshot(store.content, from);
    },
  };
}

describe("a tree that is kept", () => {
  test("is laid out once, for all processes", async () => {
    const { place, trees, store, tree } = await start();
    const digest = await tree("text");
    const first = await trees.open(digest, store);
    const { ino } = statSync(join(first.directory, "deep/file"));
    first.release();
    // Another process has nothing but the directory; and it needs nothing of the store.
    const second = await new KeptTrees(place).open(digest, new MemoryStore().content);
    expect(second.directory).toBe(first.directory);
    expect(statSync(join(second.directory, "deep/file")).ino).toBe(ino);
    expect(readFileSync(join(second.directory, "deep/file"), "utf8")).toBe("text");
  });

  test("is made anew when somebody has changed it, even if its size and times are as before", async () => {
    const { trees, store, tree } = await start();
    const digest = await tree("text");
    const { directory, release } = await trees.open(digest, store);
    release();
    writeFileSync(join(directory, "deep/file"), "TEXT");
    utimesSync(join(directory, "deep/file"), 1, 1);
    const again = await trees.open(digest, store);
    expect(readFileSync(join(again.directory, "deep/file"), "utf8")).toBe("text");
  });

  test("is laid out by one of many at once, and shown to all", async () => {
    const { place, store, tree } = await start();
    const digest = await tree("text");
    const opened = await Promise.all(
      Array.from({ length: 8 }, async () => await new KeptTrees(place).open(digest, store)),
    );
    expect(new Set(opened.map(({ directory }) => directory)).size).toBe(1);
    expect(readdirSync(place)).toHaveLength(1);
  });

  test("of which a part is lost leaves nothing behind", async () => {
    const { place, trees, tree } = await start();
    const digest = await tree("text");
    await expect(trees.open(digest, new MemoryStore().content)).rejects.toMatchObject({
      code: "BLOB_LOST",
    });
    expect(readdirSync(place)).toEqual([]);
  });
});

describe("when another is laid out, a tree", () => {
  const strict = { bytes: 0, ageMs: day, onceMs: day, busyMs: minute };

  test("that is too much goes, when nobody uses it and it was not used lately", async () => {
    const { trees, store, tree } = await start(strict);
    const [idle, used, recent] = [
      ...[await trees.open(await tree("idle"), store), await trees.open(await tree("used"), store)],
      await trees.open(await tree("recent"), store),
    ] as const;
    idle.release();
    recent.release();
    for (const each of [idle, used]) makeOlder(each.directory, 2 * minute);
    await trees.open(await tree("another"), store);
    const left = [idle, used, recent].map(({ directory }) => existsSync(directory));
    expect(left).toEqual([false, true, true]);
  });

  test("that was not used for long goes, however small", async () => {
    const { trees, store, tree } = await start({ ...strict, bytes: 1e9 });
    const old = await trees.open(await tree("old"), store);
    old.release();
    makeOlder(old.directory, 2 * day);
    await trees.open(await tree("another"), store);
    expect(existsSync(old.directory)).toBe(false);
  });

  test("that one process has used goes before one that two have used, and sooner", async () => {
    const { place, trees, store, tree } = await start({ ...strict, bytes: 8, onceMs: day / 2 });
    const [twice, once] = [await tree("1234"), await tree("5678")];
    const open = async (digest: Digest, by = trees): Promise<string> => {
      const { directory, release } = await by.open(digest, store);
      release();
      return directory;
    };
    await open(twice);
    const again = await open(twice, new KeptTrees(place));
    const never = await open(once);
    makeOlder(again, 3 * minute);
    makeOlder(never, 2 * minute);
    await open(await tree("9"));
    expect([again, never].map(existsSync)).toEqual([true, false]);

    const lately = await open(once);
    for (const each of [again, lately]) makeOlder(each, 0.6 * day);
    await open(await tree("8"));
    expect([again, lately].map(existsSync)).toEqual([true, false]);
  });

  test("whose process was killed counts as used by nobody, and a half-made one goes", async () => {
    const { place, trees, store, tree } = await start(strict);
    const { directory, release } = await trees.open(await tree("left"), store);
    const users = join(directory, "../users");
    const [mark = ""] = readdirSync(users);
    // No process has this number.
    const dead = mark.replace(String(process.pid), "4194305");
    writeFileSync(join(users, dead), "");
    release();
    mkdirSync(join(place, `${"0".repeat(64)}.part-${dead}`));
    makeOlder(directory, 2 * minute);
    await trees.open(await tree("another"), store);
    expect(existsSync(directory)).toBe(false);
    expect(readdirSync(place)).toHaveLength(1);
  });
});

describe("pruning", () => {
  test("leaves what fits, what was used of late, and what is in use", async () => {
    const { place, trees, store, tree } = await start();
    const [old, used, young] = [
      ...[await trees.open(await tree("1234"), store), await trees.open(await tree("5678"), store)],
      await trees.open(await tree("90"), store),
    ] as const;
    for (const { release } of [old, young]) release();
    for (const { directory } of [old, used]) makeOlder(directory, day);
    makeOlder(young.directory, minute);
    expect(await pruneTrees(place)).toEqual({
      removed: { count: 0, bytes: 0 },
      kept: { count: 3, bytes: 10 },
    });
    expect(await pruneTrees(place, { maxAgeMs: day / 2 })).toEqual({
      removed: { count: 1, bytes: 4 },
      kept: { count: 2, bytes: 6 },
    });
    expect(await pruneTrees(place, { maxBytes: 0 })).toEqual({
      removed: { count: 1, bytes: 2 },
      kept: { count: 1, bytes: 4 },
    });
    used.release();
  });

  test("of a place where nothing is finds nothing", async () => {
    const nowhere = join(folder(), "none");
    expect(await pruneTrees(nowhere, { maxBytes: 0 })).toMatchObject({ kept: { count: 0 } });
    expect(existsSync(nowhere)).toBe(false);
  });
});

describe("of the trees that sandboxes show", () => {
  async function shown(files: number, kept: string): Promise<string> {
    const { content } = new MemoryStore();
    const from = folder();
    for (let n = 0; n < files; n++) writeFileSync(join(from, `file-${n}`), "text");
    const shared = new SharedFolder(join(folder(), "shared"), new KeptTrees(kept));
    const digest = await snapshot(content, from);
    const directory = await shared.use([digest], content, async ({ directories: [one = ""] }) => {
      expect(readFileSync(join(one, "file-1"), "utf8")).toBe("text");
      return one;
    });
    await shared.remove();
    return directory;
  }

  test("those are kept that take long to lay out", async () => {
    const kept = join(folder(), "trees");
    expect(existsSync(await shown(40, kept))).toBe(false);
    expect(existsSync(await shown(600, kept))).toBe(true);
  });

  test("one that an earlier build has left is looked at once, and laid out anew if somebody has changed it", async () => {
    const { content } = new MemoryStore();
    const from = folder();
    for (let n = 0; n < 600; n++) writeFileSync(join(from, `file-${n}`), "text");
    const digest = await snapshot(content, from);
    const place = join(folder(), "trees");
    const look = async (change: boolean): Promise<readonly unknown[]> => {
      const shared = new SharedFolder(join(folder(), "shared"), new KeptTrees(place));
      const seen: unknown[] = [];
      for (let time = 1; time <= 3; time++) {
        await shared.use([digest], content, async ({ directories: [one = ""], areRight }) => {
          if (change && time === 1) writeFileSync(join(one, "file-7"), "TEXT");
          seen.push(areRight?.(), readFileSync(join(one, "file-7"), "utf8"));
        });
      }
      await shared.remove();
      return seen;
    };
    // Laid out by itself: there is nothing to doubt.
    expect(await look(false)).toEqual([undefined, "text", undefined, "text", undefined, "text"]);
    expect(await look(false)).toEqual([true, "text", true, "text", true, "text"]);
    expect(await look(true)).toEqual([false, "TEXT", undefined, "text", undefined, "text"]);
    expect(await look(false)).toEqual([true, "text", true, "text", true, "text"]);
  });

  test("none is kept where nothing can be written", async () => {
    const kept = join(folder(), "file");
    writeFileSync(kept, "no directory");
    expect(existsSync(await shown(600, kept))).toBe(false);
  });
});

/** As if it had been used that long ago. */
function makeOlder(directory: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  utimesSync(join(directory, ".."), then, then);
}
