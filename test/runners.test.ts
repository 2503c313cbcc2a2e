/** The router: which runner takes a command, what its key holds, and who is disposed of. */
import {
  all,
  build,
  dynamic,
  fn,
  MemoryStore,
  out,
  plan,
  runners,
  secret,
  seq,
  sh,
  source,
  stage,
  text,
  tool,
  tryBuild,
  verify,
  why,
  type Artifact,
  type CommandOptions,
  type File,
  type Runner,
  type RunnerImage,
  type Tree,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { describe, expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

/** A runner that plays one of a machine: with tools of its own, and without images. */
class Player implements Runner {
  readonly hermeticity = "declared";
  readonly platform: Runner["platform"];
  readonly abilities = ["secrets"] as const;
  readonly name: string;
  readonly ran: string[] = [];
  readonly asked: string[] = [];
  ends = 0;
  /** What tools of this host say. */
  version = "1.0";
  /** What its stages write. */
  text = "made";

  constructor(name: string, platform: Runner["platform"] = []) {
    this.name = name;
    this.platform = platform;
  }

  identify(each: { readonly name: string }): Promise<string> {
    this.asked.push(each.name);
    return Promise.resolve(this.version);
  }

  async run(...[action, context]: Parameters<Runner["run"]>): ReturnType<Runner["run"]> {
    this.ran.push(action.name);
    const digest = await context.content.write(Buffer.from(this.text));
    const none = await context.content.write(Buffer.alloc(0));
    const value = { kind: "file", digest, isExecutable: false } as const;
    return {
      exitCode: 0,
      endedBy: undefined,
      outputs: new Map(action.outputs.map(({ path }) => [path, value])),
      written: [],
      stdout: none,
      stderr: none,
      startedAt: 0,
      finishedAt: 0,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.ends++;
    return Promise.resolve();
  }
}

/** One that runs in images. */
class ImagePlayer extends Player {
  readonly images: RunnerImage[] = [];
  /** What names stand for, where that is not the name itself. */
  readonly moved = new Map<string, string>();

  inImage(image: RunnerImage): Promise<Runner> {
    this.images.push(image);
    const shown = typeof image === "string" ? (this.moved.get(image) ?? image) : undefined;
    const value = shown ?? ("tree" in (image as object) ? "tree" : "archive");
    const { name, hermeticity, abilities } = this;
    const platform = [{ name: "container-image", value }];
    const run: Runner["run"] = async (...words) => await this.run(...words);
    const end = (): Promise<void> => Promise.reject(new Error("a view is not disposed of"));
    return Promise.resolve({
      name,
      hermeticity,
      abilities,
      platform,
      run,
      [Symbol.asyncDispose]: end,
    });
  }
}

const make = stage("make", (options: CommandOptions) => sh(options)`make ${out.file("o")}`);

function named(name: string, options: CommandOptions): File {
  return stage(name, () => sh(options)`${name} ${out.file("o")}`)();
}

describe("a command goes", () => {
  const [usual, images, debian, rust, gpu] = ["usual", "images", "debian", "rust", "gpu"].map(
    (name) => new ImagePlayer(name),
  ) as [ImagePlayer, ImagePlayer, ImagePlayer, ImagePlayer, ImagePlayer];
  const router = runners({
    default: usual,
    byImage: { "*": images, "debian:12": debian, "rust:*": rust },
    byLabel: { gpu },
  });

  test.each<[string, CommandOptions, ImagePlayer]>([
    ["to the default one", {}, usual],
    ["by its label", { label: "gpu" }, gpu],
    ["by its image", { image: "debian:12" }, debian],
    ["by the start of its image", { image: "rust:1.80" }, rust],
    ["by having an image", { image: "alpine:3" }, images],
    ["by having an artifact as its image", { image: text("an archive") }, images],
    ["by its label before its image", { label: "gpu", image: "debian:12" }, gpu],
  ])("%s", async (_, options, expected) => {
    const report = await build(make(options), { runner: router, store: new MemoryStore() });
    const players = [usual, images, debian, rust, gpu];
    expect(players.filter(({ ran }) => ran.splice(0).length > 0)).toEqual([expected]);
    expect(report.stages[0]?.ranBy).toBe(`${expected.name}/declared`);
  });
});

test("one runner for all images", async () => {
  const [usual, images] = [new Player("usual"), new ImagePlayer("images")];
  const runner = runners({ default: usual, byImage: images });
  await build([make({}), make({ image: "a" }), make({ image: "b" })], {
    ...{ runner, store: new MemoryStore() },
  });
  expect([usual.ran, images.ran, images.images]).toEqual([["make"], ["make", "make"], ["a", "b"]]);
});

test("routers may stand in routers", async () => {
  const [usual, images] = [new Player("usual"), new ImagePlayer("images")];
  const inner = runners({ default: new Player("other"), byImage: images });
  const runner = runners({ default: usual, byLabel: { farm: inner } });
  const target = make({ label: "farm", image: "a" });
  await build(target, { runner, store: new MemoryStore() });
  expect(images.ran).toEqual(["make"]);
});

describe("stages that no runner can take", () => {
  const usual = new Player("usual");
  const refused = async (runner: Runner, ...targets: File[]): Promise<string> => {
    const options = { runner, store: new MemoryStore() };
    const [built, planned] = await Promise.all([
      tryBuild(targets, options).then(String, String),
      plan(targets, options).then(String, String),
    ]);
    expect(planned).toBe(built);
    expect(usual.ran).toEqual([]);
    return built;
  };

  test("are all named, before anything runs", async () => {
    const router = runners({ default: usual, byLabel: { gpu: usual } });
    const targets = [
      make({}),
      named("pack", { image: "debian:12" }),
      named("train", { label: "tpu" }),
    ];
    const error = await build(targets, { runner: router, store: new MemoryStore() }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({
      code: "RUNNER_UNABLE",
      facts: { stages: "`pack`: image `debian:12`\n`train`: label `tpu`" },
    });
    expect(usual.ran).toEqual([]);
  });

  test("want an image of a runner without images, or a label where there is no router", async () => {
    expect(await refused(usual, make({ image: "a" }))).toContain("wants image `a`");
    expect(await refused(usual, make({ label: "gpu" }))).toContain("wants label `gpu`");
    expect(await refused(usual, make({ image: text("x") }))).toContain(
      "an image that is an artifact",
    );
    const labelled = runners({ default: new ImagePlayer("i"), byLabel: { gpu: usual } });
    expect(await refused(labelled, make({ label: "gpu", image: "a" }))).toContain(
      "and label `gpu`",
    );
  });

  test("want no image of a runner that needs one", async () => {
    const images = Object.assign(new ImagePlayer("images"), { needsImage: true });
    const store = new MemoryStore();
    expect(await refused(images, make({}))).toContain("no image");
    expect(await refused(runners({ default: images }), make({}))).toContain("no image");
    await build(make({ image: "a" }), { runner: images, store });
    const labelled = runners({ default: usual, byLabel: { farm: images } });
    expect(await refused(labelled, make({ label: "farm" }))).toContain("label `farm`");
  });

  test("are errors of the dynamic stage that describes them", async () => {
    const late = dynamic.file("late", { list: text("x") }, () =>
      Promise.resolve(make({ image: "a" })),
    );
    const report = await tryBuild(late, { runner: usual, store: new MemoryStore() });
    expect(report.errors).toMatchObject([{ code: "RUNNER_UNABLE" }]);
  });

  test.each<[string, CommandOptions]>([
    ["an empty image", { image: "" }],
    ["a number for an image", { image: 1 as unknown as string }],
    ["an empty label", { label: " " }],
  ])("make no sense: %s", (_, options) => {
    expect(() => make(options)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});

describe("a key", () => {
  const store = new MemoryStore();
  const keyOf = async (runner: Runner, options: CommandOptions): Promise<string | undefined> =>
    (await build(make(options), { runner, store })).stages[0]?.key;
  const linux = [{ name: "OSFamily", value: "linux" }];
  const windows = [{ name: "OSFamily", value: "windows" }];
  const [usual, twin, other, images] = [
    new Player("usual", linux),
    new Player("twin", linux),
    new Player("other", windows),
    new ImagePlayer("images"),
  ];
  const router = runners({ default: usual, byImage: images, byLabel: { twin, other } });

  test("is that of the runner that takes the command, by its platform", async () => {
    const plain = await keyOf(usual, {});
    expect(await keyOf(router, {})).toBe(plain);
    // Who takes it is not part of it.
    expect(await keyOf(router, { label: "twin" })).toBe(plain);
    expect(await keyOf(router, { label: "other" })).toBe(await keyOf(other, {}));
    expect(await keyOf(router, { label: "other" })).not.toBe(plain);
  });

  test("holds what the image is, not what it is called", async () => {
    const one = await keyOf(router, { image: "a" });
    expect(await keyOf(images, { image: "a" })).toBe(one);
    expect(await keyOf(router, { image: "b" })).not.toBe(one);
    images.moved.set("alias", "a");
    expect(await keyOf(router, { image: "alias" })).toBe(one);
  });

  test("holds the tools of the machine that the command runs on", async () => {
    const machines = { here: new Player("here"), there: new Player("there") };
    const two = runners({ default: machines.here, byLabel: { there: machines.there } });
    const before = await keyOf(two, { label: "there", tools: [tool.host("cc")] });
    expect([machines.here.asked, machines.there.asked]).toEqual([[], ["cc"]]);
    machines.here.version = "2.0";
    expect(await keyOf(two, { label: "there", tools: [tool.host("cc")] })).toBe(before);
    machines.there.version = "2.0";
    expect(await keyOf(two, { label: "there", tools: [tool.host("cc")] })).not.toBe(before);
  });
});

describe("a build in which nothing has changed", () => {
  const at = async (rig: BuildRig, runner: Runner, target: File) =>
    await build(target, { runner, store: rig.store, cwd: rig.project });

  test("asks for no key, and sees when a name stands for another image, or a label for another machine", async () => {
    await using rig = await BuildRig.create();
    const images = new ImagePlayer("images");
    const gpu = new Player("gpu", [{ name: "gpu", value: "1" }]);
    const router = (byLabel: Runner): Runner =>
      runners({ default: new Player("usual"), byImage: images, byLabel: { gpu: byLabel } });
    const targets = seq({ made: make({ image: "a" }), trained: named("train", { label: "gpu" }) });
    const run = async (runner: Runner) =>
      await build(targets, { runner, store: rig.store, cwd: rig.project });
    expect((await run(router(gpu))).ran).toEqual(["make", "train"]);
    expect((await run(router(gpu))).reused).toEqual(["make", "train"]);
    images.moved.set("a", "another");
    expect((await run(router(gpu))).ran).toEqual(["make"]);
    const newer = new Player("gpu", [{ name: "gpu", value: "2" }]);
    expect((await run(router(newer))).ran).toEqual(["train"]);
  });

  test("sees when an image that is an artifact has changed", async () => {
    await using rig = await BuildRig.create();
    const images = new (class extends ImagePlayer {
      override async inImage(image: RunnerImage): Promise<Runner> {
        const runner = await super.inImage(image);
        const value = JSON.stringify(
          "tree" in (image as object) && (image as { tree: string }).tree,
        );
        return { ...runner, platform: [{ name: "container-image", value }] };
      }
    })("images");
    rig.write({ "root/bin/sh": "1" });
    const target = make({ image: source("root") });
    expect((await at(rig, images, target)).ran).toEqual(["make"]);
    expect((await at(rig, images, target)).reused).toEqual(["make"]);
    rig.write({ "root/bin/sh": "2" });
    expect((await at(rig, images, target)).ran).toEqual(["make"]);
    expect(
      String(await why(target, { runner: images, store: rig.store, cwd: rig.project })),
    ).toContain("make");
  });
});

describe("an image that a stage makes", () => {
  const rootfs = stage("rootfs", () => sh`rootfs ${out.tree("root")}`);
  const inside = stage(
    "inside",
    ({ image }: { image: Artifact }) => sh({ image })`ls ${out.file("o")}`,
  );
  const mock = (shell = "a shell") =>
    mockRunner()
      .on("rootfs", () => ({ outputs: { root: { "bin/sh": shell } } }))
      .on("inside", async ({ list }) => ({ outputs: { o: (await list()).join() } }));

  test("is made before, is in the key, and does not lie in the input root", async () => {
    const store = new MemoryStore();
    const target = inside({ image: rootfs() });
    const report = await build(target, { runner: mock(), store });
    expect([report.ran, await report.text(target)]).toEqual([["rootfs", "inside"], ""]);
    const other = mock("another");
    expect(
      (await build(target, { runner: other, store: new MemoryStore() })).stages[1]?.key,
    ).not.toBe(report.stages[1]?.key);
    expect((await build(target, { runner: mock(), store })).reused).toEqual(
      ["inside", "rootfs"].toReversed(),
    );
  });

  test("may be gated, viewed, and part of a sequence", async () => {
    const image = (rootfs() as Tree).dir(".").after(make({}));
    const target = seq({ first: named("first", {}), second: inside({ image }) });
    const runner = mock()
      .on("make", () => ({ outputs: { o: "" } }))
      .on("first", () => ({ outputs: { o: "" } }));
    const report = await build(target, { runner, store: new MemoryStore() });
    expect(report.ran).toEqual(["first", "make", "rootfs", "inside"]);
  });

  test("is unknown to a plan before it is made, and named by it", async () => {
    const target = inside({ image: rootfs() });
    const planned = await plan(target, { runner: mock(), store: new MemoryStore() });
    expect(planned.stages.map(({ status }) => status)).toEqual(["run", "unknown"]);
    const graph = await planned.graph();
    expect(graph.edges("rootfs", "inside").map((edge) => graph.getEdgeAttributes(edge))).toEqual([
      { type: "image", output: "root" },
    ]);
  });

  test("explains why a stage ran", async () => {
    const store = new MemoryStore();
    const target = inside({ image: rootfs() });
    await build(target, { runner: mock(), store });
    const changed = stage("rootfs", () => sh`rootfs --new ${out.tree("root")}`);
    const again = inside({ image: changed() });
    const runner = mock("another");
    const report = await build(again, { runner, store });
    expect(String(await report.why(again))).toContain("container-image");
  });
});

test("a mock plays every image and label, for unit tests of pipelines", async () => {
  const mock = mockRunner().on("make", () => ({ outputs: { o: "x" } }));
  const store = new MemoryStore();
  const report = await build(
    all({
      a: make({ image: "a" }),
      b: make({ image: "b" }),
      c: make({ label: "gpu" }),
      d: make({}),
    }),
    { runner: mock, store },
  );
  expect(report.ran).toHaveLength(4 - 1);
  const routed = runners({ default: mock, byImage: mock, byLabel: { gpu: mock } });
  expect((await build(make({ image: "a" }), { runner: routed, store })).reused).toEqual(["make"]);
});

test("closures run in this process, whatever the runner", async () => {
  const images = Object.assign(new ImagePlayer("images"), { needsImage: true });
  const closure = stage("closure", () => fn.opaque("closure", { run: () => {} }))();
  const report = await build(closure, { runner: images, store: new MemoryStore() });
  expect(report.stages[0]?.ranBy).toBe("in-process/none");
});

test("what a runner cannot give is asked of the one that takes the command", async () => {
  const able = new Player("able");
  const unable = Object.assign(new Player("unable"), { abilities: [] });
  const router = runners({ default: unable, byLabel: { able } });
  expect(router.abilities).toEqual([]);
  const env = { TOKEN: secret("TOKEN", { from: () => "a value of a secret" }) };
  const store = new MemoryStore();
  const report = await tryBuild([make({ env })], { runner: router, store });
  expect(report.errors).toMatchObject([{ code: "RUNNER_UNABLE" }]);
  await build(make({ env, label: "able" }), { runner: router, store });
});

describe("verifying", () => {
  test("runs a command again where it ran", async () => {
    const [usual, gpu] = [new Player("usual"), new Player("gpu")];
    const runner = runners({ default: usual, byLabel: { gpu } });
    const { ok } = await verify([make({}), named("train", { label: "gpu" })], {
      ...{ runner, store: new MemoryStore() },
    });
    expect([ok, usual.ran, gpu.ran]).toEqual([true, ["make", "make"], ["train", "train"]]);
  });

  test("elsewhere needs another that takes it, of the same platform", async () => {
    const router = (gpu: Player): Runner =>
      runners({ default: new Player("usual"), byLabel: { gpu } });
    const target = named("train", { label: "gpu" });
    const store = new MemoryStore();
    const runner = router(new Player("gpu"));
    await expect(
      verify(target, { runner, store, elsewhere: new Player("elsewhere") }),
    ).rejects.toMatchObject({ code: "RUNNER_UNABLE" });
    const same = new Player("gpu");
    await verify(target, { runner, store, elsewhere: router(same) });
    expect(same.ran).toEqual(["train"]);
    const other = new Player("gpu", [{ name: "gpu", value: "2" }]);
    const { stages } = await verify(target, { runner, store, elsewhere: router(other) });
    expect([stages[0]?.outcome, other.ran]).toEqual(["left-out", []]);
  });
});

describe("disposing of a router", () => {
  test("disposes of all its runners, each once", async () => {
    const [usual, images] = [new Player("usual"), new ImagePlayer("images")];
    const router = runners({
      default: usual,
      byImage: { "*": images, a: images },
      byLabel: { b: usual },
    });
    await router[Symbol.asyncDispose]();
    expect([usual.ends, images.ends]).toEqual([1, 1]);
  });

  test("goes on when one of them fails to end", async () => {
    const [usual, images] = [new Player("usual"), new ImagePlayer("images")];
    usual[Symbol.asyncDispose] = () => Promise.reject(new Error("it does not end"));
    const router = runners({ default: usual, byImage: images });
    await expect(router[Symbol.asyncDispose]()).rejects.toThrow("it does not end");
    expect(images.ends).toBe(1);
  });
});

test.each([
  ["default", { default: undefined }],
  ['byImage["a"]', { default: mockRunner(), byImage: { a: {} } }],
  ['byLabel["b"]', { default: mockRunner(), byLabel: { b: 1 } }],
])("what is no runner: %s", (option, options) => {
  expect(() => runners(options as unknown as Parameters<typeof runners>[0])).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(option) }),
  );
});
