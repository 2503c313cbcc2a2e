/** Images that a build makes, and commands that say which image they want. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";

import {
  build,
  MemoryStore,
  out,
  plan,
  runners,
  sh,
  snapshotFile,
  source,
  stage,
  type Artifact,
  type CommandOptions,
  type File,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { expect, test } from "vitest";

import { ask, codes, folder, onEachEngine, print, run, runnerOf, script } from "./rig.ts";

/** Makes a root file system with a shell, of the busybox of the image. */
const makeRoot = stage("rootfs", (word: string) => {
  const applets = "for a in sh env cat ls tail; do ln -s busybox root/bin/$a; done";
  const text = `mkdir -p root/bin root/etc; cp "$(readlink -f /bin/busybox)" root/bin; ${applets}; echo ${word} > root/etc/made`;
  return sh({ outputs: { root: out.tree("root") } })`sh -ec ${text}`;
});

/** What a command prints in an image. */
const look = stage("look", (image: Artifact | string) => {
  return sh({ image })`sh -c ${"cat /etc/made > $0"} ${out.file("made")}`;
});

onEachEngine("a command that wants another image", (engine) => {
  test("runs in one that the build has made before, and again when that has changed", async () => {
    const runner = await runnerOf(engine);
    const store = new MemoryStore();
    const built = async (word: string): Promise<[string, readonly string[]]> => {
      const made = look(makeRoot(word));
      const report = await build(made, { runner, store });
      return [await report.text(made), report.ran];
    };
    expect(await built("first")).toEqual(["first\n", ["rootfs", "look"]]);
    expect(await built("second")).toEqual(["second\n", ["rootfs", "look"]]);
    expect(await built("first")).toEqual(["first\n", []]);
  });

  test("made on this machine, run in a container", async () => {
    const images = await runnerOf(engine, { image: undefined });
    const runner = runners({ default: localRunner({ sandbox: "none" }), byImage: images });
    const made = look(makeRoot("here"));
    const report = await build(made, { runner, store: new MemoryStore() });
    expect(await report.text(made)).toBe("here\n");
    expect(report.stages.map(({ ranBy }) => ranBy)).toEqual([
      "local/declared",
      "container/container",
    ]);
  });

  test("has the key of a runner of that image, whoever names it", async () => {
    const inside = await runnerOf(engine);
    const images = await runnerOf(engine, { image: undefined });
    const keyOf = async (runner: typeof inside, options: CommandOptions): Promise<unknown> => {
      const { stages } = await build(script("true", options), { runner, store: new MemoryStore() });
      return stages[0]?.key;
    };
    const plain = await keyOf(inside, {});
    expect(await keyOf(images, { image: engine.image })).toBe(plain);
    expect(await keyOf(inside, { image: engine.image })).toBe(plain);
  });

  test("is planned, and found again, without the image being there", async () => {
    const store = new MemoryStore();
    const root = makeRoot("kept");
    const made = look(root);
    const first = await build(made, { runner: await runnerOf(engine), store });
    const name = `ashlar-tree:${(await first.digest(root)).replace("/", "-")}`;
    const isThere = (): boolean => ask(engine, "images", "--quiet", name) !== "";
    expect(isThere()).toBe(true);
    ask(engine, "rmi", "--force", name);
    const runner = await runnerOf(engine);
    expect((await plan(made, { runner, store })).named("hit")).toEqual(["rootfs", "look"]);
    expect((await build(made, { runner, store })).ran).toEqual([]);
    expect(isThere()).toBe(false);
  });

  test("that nobody has fails alone, and says so", async () => {
    const runner = await runnerOf(engine);
    const bad = stage("bad", () => sh({ image: "localhost/no-such-image:1" })`true`)();
    const report = await run(runner, [bad, script("true")], { keepGoing: true });
    expect([codes(report), report.ran]).toEqual([["CONTAINER_IMAGE_UNKNOWN"], ["script"]]);
  });

  test("that is no archive of an image", async () => {
    const runner = await runnerOf(engine);
    const store = new MemoryStore();
    const place = folder();
    fs.writeFileSync(join(place, "image.tar"), "no archive");
    const image = source.file("image.tar");
    const report = await run(runner, script("true", { image }), { store, cwd: place });
    expect(codes(report)).toEqual(["CONTAINER_FAILED"]);
  });

  test("that is not what a runner without one was asked for", async () => {
    const runner = await runnerOf(engine, { image: undefined });
    await expect(run(runner, script("true"))).rejects.toMatchObject({ code: "RUNNER_UNABLE" });
  });
});

onEachEngine("an archive of an image", (engine) => {
  test("as `docker save` writes it", async () => {
    const place = folder();
    ask(engine, "save", "--output", join(place, "image.tar"), engine.image);
    const runner = await runnerOf(engine, { image: undefined });
    const inside = stage("inside", ({ image }: { image: File }) => {
      return sh({ image })`sh -c ${"ls /bin/busybox > $0"} ${out.file("seen")}`;
    });
    const seen = inside({ image: source.file("image.tar") });
    const report = await build(seen, { runner, store: new MemoryStore(), cwd: place });
    expect(await report.text(seen)).toBe("/bin/busybox\n");
    expect(runner.platform.map(({ name }) => name)).not.toContain("container-image");
  });

  test("in the form of OCI, by the runner's own option", async () => {
    const place = folder();
    const root = join(place, "root");
    fs.mkdirSync(join(root, "bin"), { recursive: true });
    fs.copyFileSync("/usr/bin/busybox", join(root, "bin/busybox"));
    fs.chmodSync(join(root, "bin/busybox"), 0o755);
    for (const applet of ["sh", "env", "cat"]) fs.symlinkSync("busybox", join(root, "bin", applet));
    const path = ociArchive(place, root, engine.architecture);
    const store = new MemoryStore();
    const { digest } = await snapshotFile(store.content, path);
    // Docker reads this form from version 25 on.
    const image = { archive: digest, content: store.content };
    const made = runnerOf(engine, { image });
    if (engine.name === "docker" && Number.parseInt(engine.version, 10) < 25) {
      await expect(made).rejects.toMatchObject({ code: "CONTAINER_FAILED" });
      return;
    }
    const runner = await made;
    expect(await print(runner, "cat /bin/sh | head -c 4 2> /dev/null; echo ok")).toContain("ok");
    expect(runner.platform).toContainEqual({
      name: "container-image",
      value: `archive://${digest}`,
    });
  });
});

onEachEngine("an image for another architecture", (engine) => {
  test("is refused, by name and as an archive", async () => {
    const other = engine.architecture === "amd64" ? "arm64" : "amd64";
    const place = folder();
    const path = dockerArchive(place, other, "ashlar-test-other:1");
    ask(engine, "load", "--input", path);
    await expect(runnerOf(engine, { image: "ashlar-test-other:1" })).rejects.toMatchObject({
      code: "CONTAINER_IMAGE_UNFIT",
      message: expect.stringContaining(other),
    });
    const runner = await runnerOf(engine);
    const image = source.file("other.tar");
    for (const wanted of ["ashlar-test-other:1", image]) {
      const report = await run(runner, script("true", { image: wanted }), { cwd: place });
      expect(codes(report)).toEqual(["CONTAINER_IMAGE_UNFIT"]);
    }
  });
});

/** Writes what `docker save` writes of an image with one empty layer. Returns its path. */
function dockerArchive(place: string, architecture: string, name: string): string {
  const layout = join(place, "archive");
  fs.mkdirSync(join(layout, "empty"), { recursive: true });
  execFileSync("tar", ["-C", join(layout, "empty"), "-cf", join(layout, "layer.tar"), "."]);
  const layer = fs.readFileSync(join(layout, "layer.tar"));
  const diff = createHash("sha256").update(layer).digest("hex");
  const rootfs = { type: "layers", diff_ids: [`sha256:${diff}`] };
  const config = { architecture, os: "linux", config: {}, rootfs };
  fs.writeFileSync(join(layout, "config.json"), JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
  fs.writeFileSync(join(layout, "manifest.json"), JSON.stringify(manifest));
  const path = join(place, "other.tar");
  const files = ["manifest.json", "config.json", "layer.tar"];
  execFileSync("tar", ["-C", layout, "-cf", path, ...files]);
  return path;
}

/** Writes an OCI archive of one layer. Returns its path. */
function ociArchive(place: string, root: string, architecture: string): string {
  const layout = join(place, "oci");
  const blobs = join(layout, "blobs/sha256");
  fs.mkdirSync(blobs, { recursive: true });
  const keep = (bytes: Buffer): { digest: string; size: number } => {
    const hash = createHash("sha256").update(bytes).digest("hex");
    fs.writeFileSync(join(blobs, hash), bytes);
    return { digest: `sha256:${hash}`, size: bytes.byteLength };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const owner = ["--owner=0", "--group=0", "--numeric-owner"];
  const layer = keep(
    execFileSync("tar", ["-C", root, ...owner, "-c", "."], { maxBuffer: 2 ** 26 }),
  );
  const config = keep(
    json({
      ...{ architecture, os: "linux", config: { Env: ["PATH=/bin"] } },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const type = "application/vnd.oci.image";
  const manifest = keep(
    json({
      schemaVersion: 2,
      mediaType: `${type}.manifest.v1+json`,
      config: { mediaType: `${type}.config.v1+json`, ...config },
      layers: [{ mediaType: `${type}.layer.v1.tar`, ...layer }],
    }),
  );
  fs.writeFileSync(join(layout, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: `${type}.manifest.v1+json`,
        ...manifest,
        annotations: { "org.opencontainers.image.ref.name": "ashlar-test-oci:1" },
      },
    ],
  };
  fs.writeFileSync(join(layout, "index.json"), json(index));
  const path = join(place, "oci.tar");
  execFileSync("tar", ["-C", layout, "-cf", path, "."]);
  return path;
}
