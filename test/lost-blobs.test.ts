/**
 * Lost blobs: what the store no longer has, or has no longer as it was, is made again in the same build.
 *
 * @module
 */
import { chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { all, MemoryStore, source, text, type Artifact, type Report } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { changed } from "../packages/core/test/store/trees.ts";
import { blobPath, BuildRig } from "./rig/build-rig.ts";
import { quiet } from "./rig/quiet.ts";

/** Ways in which a blob's file gets lost. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  evicted: (path) => rmSync(path),
  truncated: (path) => {
    chmodSync(path, 0o600);
    truncateSync(path, 2);
  },
  corrupted: (path) => {
    chmodSync(path, 0o600);
    const bytes = readFileSync(path);
    bytes[0]! ^= 1;
    writeFileSync(path, bytes);
  },
};

describe.each(Object.entries(damages))("a blob that was %s", (_, damage) => {
  const lose = async (rig: BuildRig, report: Report, artifact: Artifact): Promise<void> =>
    damage(blobPath(rig, await report.digest(artifact)));

  test("makes its producer run again, in the same build", async () => {
    await using rig = await BuildRig.create();

    // compile ──▶ o ──▶ link ──▶ app
    rig.write({ a: "1" });
    const [o, compile] = rig.stage("compile", {}, "o");
    const [app, link] = rig.stage("link", { o, a: source.file("a") }, "app");
    compile.always({ o: "object code" });
    link.always(async (call) => ({ app: `app of ${await call.text("o")}` }));
    const first = await rig.build(app);
    await lose(rig, first, o);

    rig.write({ a: "2" });
    const second = await rig.build(app);
    expect(await second.text(app)).toBe("app of object code");
    expect(compile.runs).toBe(2);
    expect(second.ran).toEqual(["compile", "link"]);
  });

  test("is made again when it is in a tree", async () => {
    await using rig = await BuildRig.create();
    rig.write({ a: "1" });
    const [dist, bundle] = rig.stage("bundle", {}, "dist/");
    const [app, pack] = rig.stage("pack", { dist, a: source.file("a") }, "app");
    bundle.always({ dist: { "deep/index.js": "code of the index" } });
    pack.always(async (call) => ({ app: await call.text("dist/deep/index.js") }));
    const first = await rig.build(app);
    await lose(rig, first, dist.file("deep/index.js"));

    rig.write({ a: "2" });
    const second = await rig.build(app);
    expect(await second.text(app)).toBe("code of the index");
    expect(second.ran).toEqual(["bundle", "pack"]);
  });

  test("is taken again when it is of a source", async () => {
    await using rig = await BuildRig.create();
    rig.write({ a: "1", b: "content of b" });
    const inputs = { a: source.file("a"), b: source.file("b") };
    const [made, make] = rig.stage("make", inputs, "made");
    make.always(async (call) => ({ made: await call.text("b") }));
    const first = await rig.build(made);
    await lose(rig, first, inputs.b);

    rig.write({ a: "2" });
    const second = await rig.build(made);
    expect(await second.text(made)).toBe("content of b");
  });

  test("goes back as many steps as it must", async () => {
    await using rig = await BuildRig.create();

    // one ──▶ x ──▶ two ──▶ y ──▶ three ──▶ z
    rig.write({ a: "1" });
    const [x, one] = rig.stage("one", {}, "x");
    const [y, two] = rig.stage("two", { x }, "y");
    const [z, three] = rig.stage("three", { y, a: source.file("a") }, "z");
    one.always({ x: "bytes of x" });
    two.always(async (call) => ({ y: `y of ${await call.text("x")}` }));
    three.always(async (call) => ({ z: `z of ${await call.text("y")}` }));
    const first = await rig.build(z);
    await lose(rig, first, x);
    await lose(rig, first, y);

    rig.write({ a: "2" });
    const second = await rig.build(z);
    expect(await second.text(z)).toBe("z of y of bytes of x");
    expect(second.ran).toEqual(["one", "two", "three"]);
  });

  test("is made again when it is a log", async () => {
    await using rig = await BuildRig.create();
    const [made, make] = rig.stage("make", {}, "made");
    const building = rig.build(made);
    (await make.next()).exit({ made: "bytes" }, { stdout: "a word or two\n" });
    const [first] = (await building).stages;
    damage(blobPath(rig, first!.stdout!));

    make.always({ made: "bytes" });
    expect((await rig.build(made)).ran).toEqual(["make"]);
  });
});

test.each(Object.entries(damages))(
  "a target that was %s is made again when somebody wants it",
  async (_, damage) => {
    await using rig = await BuildRig.create();
    const [made, make] = rig.stage("make", {}, "made");
    const [dist, bundle] = rig.stage("bundle", {}, "dist/");
    make.always({ made: "bytes" });
    bundle.always({ dist: { "sub/file": "content of the file" } });
    const first = await rig.build(all({ made, dist }));
    damage(blobPath(rig, await first.digest(made)));
    damage(blobPath(rig, await first.digest(dist.file("sub/file"))));

    const second = await rig.build(all({ made, dist }));
    expect(await second.text(made)).toBe("bytes");
    await second.export(dist, "dist");
    expect(readFileSync(join(rig.project, "dist/sub/file"), "utf8")).toBe("content of the file");
    expect([make.runs, bundle.runs]).toEqual([2, 2]);
  },
);

test("a target that is lost after the build is made again when somebody wants it", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage("make", {}, "made");
  make.always({ made: "bytes" });
  const report = await rig.build(made);
  rmSync(blobPath(rig, await report.digest(made)));
  expect(await report.text(made)).toBe("bytes");
  expect(make.runs).toBe(2);
});

test("a blob that is lost while a build runs is made again", async () => {
  await using rig = await BuildRig.create();

  // compile ──▶ o ──▶ slow ──▶ s
  //               └─▶ link ──▶ app
  rig.write({ a: "1" });
  const [o, compile] = rig.stage("compile", {}, "o");
  const [s, slow] = rig.stage("slow", { o }, "s");
  const [app, link] = rig.stage("link", { o, s }, "app");
  compile.always({ o: "object code" });
  link.always(async (call) => ({ app: await call.text("o") }));
  const building = rig.build(app);
  const run = await slow.next();
  rmSync(blobPath(rig, await rig.store.content.write(Buffer.from("object code"))));
  run.exit({ s: "s" });
  const report = await building;
  expect(await report.text(app)).toBe("object code");
  expect(compile.runs).toBe(2);
  expect(rig.events.map(({ type }) => type)).toContain("stage-rewound");
});

test("every consumer of a lost blob gets it, and its producer runs once more only", async () => {
  await using rig = await BuildRig.create();
  rig.write({ a: "1" });
  const [o, compile] = rig.stage("compile", {}, "o");
  compile.always({ o: "object code" });
  const names = Array.from({ length: 100 }, (_, n) => `use-${n}`);
  const uses = Object.fromEntries(
    names.map((name) => {
      const [used, use] = rig.stage(name, { o, a: source.file("a") }, "used");
      use.always(async (call) => ({ used: `${name} of ${await call.text("o")}` }));
      return [name, used] as const;
    }),
  );
  const first = await rig.build(all(uses));
  const path = blobPath(rig, await first.digest(o));
  chmodSync(path, 0o600);
  writeFileSync(path, "OBJECT CODE");

  rig.write({ a: "2" });
  const second = await rig.build(all(uses), { slots: 3 });
  expect(await second.text(uses["use-99"]!)).toBe("use-99 of object code");
  expect(compile.runs).toBe(2);
  expect(second.ran).toHaveLength(101);
});

test("a store that was removed is built anew", async () => {
  await using rig = await BuildRig.create();
  const [o, compile] = rig.stage("compile", {}, "o");
  const [app, link] = rig.stage("link", { o }, "app");
  compile.always({ o: "object" });
  link.always({ app: "app" });
  await rig.build(app);
  rmSync(join(rig.folder, "store"), { recursive: true });
  expect((await rig.build(app)).ran).toEqual(["compile", "link"]);
});

test("a stage that is still gathering its inputs when one of them is lost does not fail", async () => {
  // The store takes the directory that a view makes only when the test lets it.
  const memory = new MemoryStore();
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const content = changed(memory, {
    async write(bytes) {
      const message = Buffer.from(bytes).toString("latin1");
      if (message.includes("kept.txt") && !message.includes("dropped.txt")) await gate;
      return await memory.write(bytes);
    },
  });
  await using rig = await BuildRig.create({ content, actions: memory });

  // compile ──▶ o ──▶ quick ──▶ q
  //               └─▶ slow (its other input is a view, which takes long) ──▶ s
  rig.write({ "src/kept.txt": "1", "src/dropped.txt": "2", b: "1" });
  const [o, compile] = rig.stage("compile", {}, "o");
  const [q, quick] = rig.stage("quick", { o, b: source.file("b") }, "q");
  const [s, slow] = rig.stage("slow", { src: source("src").pick("kept.*"), o }, "s");
  slow.always(async (call) => ({ s: await call.text("o") }));
  const building = rig.build(all({ q, s }));
  (await compile.next()).exit({ o: "object code" });

  // While `slow` waits for the store, `quick` finds out that its input is lost.
  const run = await quick.next();
  const lost = await memory.write(Buffer.from("object code"));
  memory.evict(lost);
  run.break(await memory.read(lost).catch((error: unknown) => error));
  const again = await compile.next();
  open();
  // Long enough for `slow` to find out as well.
  await quiet();
  again.exit({ o: "object code" });
  (await quick.next()).exit({ q: "q" });
  const report = await building;
  expect(await report.text(s)).toBe("object code");
  expect(report.ran.toSorted()).toEqual(["compile", "quick", "slow"]);
});

test("a text that is lost is written again", async () => {
  const memory = new MemoryStore();
  await using rig = await BuildRig.create(memory);
  rig.write({ a: "1" });
  const config = text("x = 1");
  const [made, make] = rig.stage("make", { config, a: source.file("a") }, "made");
  make.always(async (call) => ({ made: await call.text("config") }));
  const first = await rig.build(made);
  rig.write({ a: "2" });
  memory.evict(await first.digest(config));
  expect(await (await rig.build(made)).text(made)).toBe("x = 1");
});

test("a blob that is lost again and again ends the build", async () => {
  const memory = new MemoryStore();
  await using rig = await BuildRig.create(memory);
  const [o, compile] = rig.stage("compile", {}, "o");
  const [app, link] = rig.stage("link", { o }, "app");
  compile.always({ o: "object code" });
  link.always(async (call) => {
    memory.evict(await memory.write(Buffer.from("object code")));
    return { app: await call.text("o") };
  });
  const report = await rig.tryBuild(app);
  expect(report).toMatchObject({ failed: ["link"], errors: [{ code: "BLOB_LOST" }] });
  expect(compile.runs).toBeLessThan(20);
});

test("a producer that fails when it has to run again fails the build, with its own error", async () => {
  const memory = new MemoryStore();
  await using rig = await BuildRig.create(memory);
  const [o, compile] = rig.stage("compile", {}, "o");
  const [app, link] = rig.stage("link", { o }, "app");
  link.always(async (call) => {
    memory.evict(await memory.write(Buffer.from("object code")));
    return { app: await call.text("o") };
  });
  const building = rig.tryBuild(app, { keepGoing: true });
  (await compile.next()).exit({ o: "object code" });
  (await compile.next()).fail(1, "out of luck");
  expect(await building).toMatchObject({
    failed: ["compile"],
    skipped: ["link"],
    errors: [{ code: "STAGE_FAILED" }],
  });
});

test("a build that is cancelled while something is made again comes to its end", async () => {
  const memory = new MemoryStore();
  await using rig = await BuildRig.create(memory);
  const [o, compile] = rig.stage("compile", {}, "o");
  const [app, link] = rig.stage("link", { o }, "app");
  link.always(async (call) => {
    memory.evict(await memory.write(Buffer.from("object code")));
    return { app: await call.text("o") };
  });
  const controller = new AbortController();
  const building = rig.tryBuild(app, { signal: controller.signal });
  (await compile.next()).exit({ o: "object code" });
  await compile.next();
  controller.abort();
  expect(await building).toMatchObject({
    outcome: "cancelled",
    cancelled: ["compile"],
    skipped: ["link"],
  });
});

test("a tree that was found whole, and is lost after that, is made again", async () => {
  const memory = new MemoryStore();
  // Without notes: the tree is looked into because its key is known, and not taken on trust.
  await using rig = await BuildRig.create({ content: memory.content, actions: memory.actions });
  rig.write({ a: "1" });
  const [dist, bundle] = rig.stage("bundle", {}, "dist/");
  const [app, pack] = rig.stage("pack", { dist, a: source.file("a") }, "app");
  bundle.always({ dist: { "deep/index.js": "code" } });
  pack.always(async (call) => ({ app: await call.text("dist/deep/index.js") }));
  const first = await rig.build(app);
  const lost = await first.digest(dist.file("deep/index.js"));

  rig.write({ a: "2" });
  const second = await rig.build(app, {
    onEvent: (event) => {
      if (event.type === "stage-started" && event.name === "pack" && bundle.runs === 1) {
        memory.evict(lost);
      }
    },
  });
  expect(await second.text(app)).toBe("code");
  expect(bundle.runs).toBe(2);
});
