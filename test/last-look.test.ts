/**
 * The last look: what a build in which nothing has changed need not look for again, and what it must.
 *
 * @module
 */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  DiskStore,
  dynamic,
  hashOf,
  out,
  sh,
  source,
  stage,
  tryBuild,
  verifyStore,
  type Handle,
  type Report,
  type Tree,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-look-"));
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/a"), "a");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pack = stage("pack", (src: Tree) => sh`pack ${src} ${out.tree("dist")} ${out.file("image")}`);

const echo = stage("echo", (text: string) => sh`echo ${text} ${out.file("said")}`);

/** Small enough for a pack, and too large for one. */
const outputs = { dist: { "deep/index.js": "small" }, image: "large".repeat(50_000) };

// src ──▶ pack ──▶ dist/deep/index.js, image
function describeGraph() {
  return pack(source("src"));
}

/** A clock by which the sources are old enough to be trusted. */
const later = { now: () => Date.now() + 60_000, after: () => () => {} };

/** A build, and how often it asked the store for blobs. */
async function run(
  targets: (made: ReturnType<typeof describeGraph>) => Handle = (made) => made,
): Promise<{ report: Report; asked: number; made: ReturnType<typeof describeGraph> }> {
  const disk = new DiskStore(join(folder, "store"));
  let asked = 0;
  const watched = new Set<string | symbol>(["missing", "read"]);
  const content = new Proxy(disk, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (watched.has(name)) asked++;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { notes } = disk;
  const store = { content, actions: disk, notes, hold: () => disk.hold() };
  const runner = mockRunner()
    .on(pack, () => ({ outputs }))
    .on(echo, ({ argv: [, text = ""] }) => ({ outputs: { said: text } }));
  const made = describeGraph();
  const options = { runner, store, cwd: folder, clock: later };
  return { report: await tryBuild(targets(made), options), asked, made };
}

/** What is too young proves nothing. Times of packs are set back, as if somebody had waited; or to the future. */
function rest(seconds = 3600): void {
  const packs = join(folder, "store/packs");
  const time = Date.now() / 1000 - seconds;
  for (const name of readdirSync(packs)) utimesSync(join(packs, name), time, time);
}

/** Builds, and once more: so the last build is one in which nothing had changed. */
async function settle(): ReturnType<typeof run> {
  await run();
  rest();
  return await run();
}

type Built = Awaited<ReturnType<typeof run>>;

test("what the last build has found whole is not looked for again", async () => {
  await settle();
  const { report, asked } = await run();
  expect(report.reused).toEqual(["pack"]);
  expect(asked).toBe(0);
});

test("what is as young as the look itself is looked for again", async () => {
  await run();
  rest(-3600);
  await run();
  expect((await run()).asked).toBeGreaterThan(0);
});

describe("what is lost after that is found out", () => {
  const blobOf = async ({ report, made }: Built): Promise<string> => {
    const hash = hashOf(await report.digest(made.image));
    return join(folder, "store/cas", hash.slice(0, 2), hash);
  };

  test.each([
    ["a large blob is gone", async (built: Built) => rmSync(await blobOf(built))],
    ["a large blob was cut short", async (built: Built) => writeFileSync(await blobOf(built), "l")],
    ["the packs are gone", () => rmSync(join(folder, "store/packs"), { recursive: true })],
    ["the blobs of a pack are gone", () => removePacked(".pack")],
    ["the index of a pack is gone", () => removePacked(".idx")],
    ["a blob in a pack was found to be damaged, and taken away", damagePacked],
  ])("when %s", async (_, lose) => {
    await lose(await settle());
    const after = await run();
    expect(after.report.ran).toEqual(["pack"]);
    expect(await after.report.text(after.made.dist.file("deep/index.js"))).toBe("small");
  });

  test("and what others have added is no loss", async () => {
    await settle();
    await new DiskStore(join(folder, "store")).write(Buffer.from("of another build"));
    expect((await run()).report.reused).toEqual(["pack"]);
  });
});

describe("what a dynamic stage has read", () => {
  const chosen = (made: ReturnType<typeof describeGraph>): Handle =>
    dynamic.file("choose", { dist: made.dist }, async ({ dist }) =>
      echo(await dist.file("deep/index.js").text()),
    );

  test("and come to, and is gone, is made again", async () => {
    await run(chosen);
    rest();
    expect((await run(chosen)).report.ran).toEqual([]);
    rmSync(join(folder, "store/packs"), { recursive: true });
    expect((await run(chosen)).report.ran).toContain("echo");
  });

  test("is not read again", async () => {
    await run(chosen);
    rest();
    await run(chosen);
    const { report, asked } = await run(chosen);
    expect(report.reused).toEqual(["pack", "echo"]);
    expect(asked).toBe(0);
  });

  test("is made again when something that runs wants it, and it is gone", async () => {
    await run(chosen);
    rest();
    await run(chosen);
    rmSync(join(folder, "store/packs"), { recursive: true });
    const { report, made } = await run((all) => chosen(all));
    expect(report.outcome).toBe("succeeded");
    expect(await report.text(made.dist.file("deep/index.js"))).toBe("small");
  });
});

test("what another boot has found whole is looked for again", async () => {
  await settle();
  const disk = new DiskStore(join(folder, "store"));
  const notes = readdirSync(join(folder, "store/notes")).filter((name) =>
    name.startsWith("whole-"),
  );
  for (const name of notes) {
    const text = disk.notes.read(name)?.toString("utf8") ?? "";
    disk.notes.write(name, Buffer.from(text.replace(/boot\\":\d+/, 'boot\\":1')));
  }
  expect((await run()).asked).toBeGreaterThan(0);
});

describe("a target that no stage makes", () => {
  const index = (made: ReturnType<typeof describeGraph>): Handle => made.dist.file("deep/index.js");

  test("is not worked out again", async () => {
    await run(index);
    rest();
    await run(index);
    const { report, asked } = await run(index);
    expect(report.outcome).toBe("succeeded");
    expect(asked).toBe(0);
  });

  test("is worked out when it is another one than before", async () => {
    await run(index);
    rest();
    await run(index);
    const { report } = await run((made) => made.dist.file("deep/index.ts"));
    expect(report.errors.map(({ code }) => code)).toEqual(["VIEW_MISSING"]);
  });

  test("is worked out when what it is a part of has changed", async () => {
    await run(index);
    rest();
    await run(index);
    appendFileSync(join(folder, "src/a"), "b");
    const { report } = await runOther(index);
    expect(report.errors.map(({ code }) => code)).toEqual(["VIEW_MISSING"]);
    // Nothing has changed since, and it is as wrong as it was.
    expect((await runOther(index)).report.errors).toHaveLength(1);
  });

  async function runOther(targets: typeof index): Promise<{ report: Report }> {
    const runner = mockRunner().on(pack, () => ({ outputs: { ...outputs, dist: { other: "" } } }));
    const store = new DiskStore(join(folder, "store"));
    return {
      report: await tryBuild(targets(describeGraph()), {
        runner,
        store,
        cwd: folder,
        clock: later,
      }),
    };
  }
});

function removePacked(ending: string): void {
  const packs = join(folder, "store/packs");
  for (const name of readdirSync(packs)) if (name.endsWith(ending)) rmSync(join(packs, name));
}

async function damagePacked(): Promise<void> {
  const packs = join(folder, "store/packs");
  for (const name of readdirSync(packs).filter((each) => each.endsWith(".pack"))) {
    writeFileSync(join(packs, name), Buffer.alloc(4096, 1));
  }
  await verifyStore(new DiskStore(join(folder, "store")));
}
