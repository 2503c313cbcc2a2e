import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { BuildError } from "@ashlar/core";
import { containerRunner, type ContainerRunnerOptions } from "@ashlar/runner-container";
import { describe, expect, test } from "vitest";

import { ask, codes, folder, importImage, onEachEngine, run, runnerOf, script } from "./rig.ts";

/** The error that a runner cannot be made for. */
async function refusal(options: ContainerRunnerOptions): Promise<BuildError> {
  const made = await containerRunner({ lockFile: join(folder(), "lock"), ...options }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (made instanceof BuildError) return made;
  throw new Error("it was made", { cause: made });
}

onEachEngine("names of images", (engine) => {
  test("are resolved once, and written to the lock file", async () => {
    const lockFile = join(folder(), "lock");
    const first = await runnerOf(engine, { lockFile });
    const locked = readFileSync(lockFile, "utf8");
    const [[name, entry]] = Object.entries(
      (JSON.parse(locked) as { images: Record<string, { digest: string }> }).images,
    ) as [[string, { digest: string }]];
    expect(name).toMatch(/^ashlar-test:\w+ linux\//);
    expect(entry.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(first.platform).toContainEqual({
      name: "container-image",
      value: `docker://${entry.digest}`,
    });
    const second = await runnerOf(engine, { lockFile, frozen: true });
    expect(second.platform).toEqual(first.platform);
    expect(readFileSync(lockFile, "utf8")).toBe(locked);
  });

  test("that are not locked are refused when the lock file is frozen", async () => {
    const lockFile = join(folder(), "lock");
    const { name, image } = engine;
    const error = await refusal({ engine: name, image, lockFile, frozen: true });
    expect(error.code).toBe("CONTAINER_IMAGE_LOCK");
    expect(existsSync(lockFile)).toBe(false);
  });

  test("that have moved are refused when the locked image cannot be had", async () => {
    const lockFile = join(folder(), "lock");
    const platform = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
    const digest = `sha256:${"0".repeat(64)}`;
    const images = { [`${engine.image} ${platform}`]: { digest, platform } };
    writeFileSync(lockFile, JSON.stringify({ version: 1, images }));
    const error = await refusal({ engine: engine.name, image: engine.image, lockFile });
    expect(error.code).toBe("CONTAINER_IMAGE_LOCK");
    expect(error.message).toContain("has moved");
    expect(error.facts["locked"]).toBe(digest);
  });

  test("that nobody knows are refused", async () => {
    const error = await refusal({ engine: engine.name, image: "localhost/no-such-image:1" });
    expect(error.code).toBe("CONTAINER_IMAGE_UNKNOWN");
  });

  test("of images without a shell say so when a command is run", async () => {
    const place = folder();
    mkdirSync(join(place, "etc"));
    importImage(engine.name, "ashlar-test-bare:1", place);
    const runner = await runnerOf(engine, { image: "ashlar-test-bare:1" });
    const report = await run(runner, script("true"));
    expect(codes(report)).toEqual(["CONTAINER_IMAGE_UNFIT"]);
  });

  test("by their id need no lock", async () => {
    const lockFile = join(folder(), "lock");
    const said = ask(engine, "image", "inspect", "--format", "{{.Id}}", engine.image).trim();
    const image = said.startsWith("sha256:") ? said : `sha256:${said}`;
    const runner = await runnerOf(engine, { image, lockFile, frozen: true });
    expect(codes(await run(runner, script("true")))).toEqual([]);
    expect(existsSync(lockFile)).toBe(false);
  });
});

describe("an engine", () => {
  /** A program that stands in for an engine, and fails. */
  function failing(name: string, said: string): string {
    const path = join(folder(), name);
    writeFileSync(path, `#!/bin/sh\necho '${said}' >&2\nexit 1\n`);
    chmodSync(path, 0o755);
    return path;
  }

  test("that is not there, does not run, or is not for this user, is told apart", async () => {
    const image = "debian:12";
    const absent = await refusal({ image, engine: "/no/such/docker" });
    expect([absent.code, absent.message]).toEqual([
      "CONTAINER_ENGINE",
      "the container engine `/no/such/docker` is not on this machine",
    ]);
    const stopped = failing(
      "docker",
      "Cannot connect to the Docker daemon. Is the docker daemon running?",
    );
    expect((await refusal({ image, engine: stopped })).hint).toContain("dockerd");
    const refused = failing(
      "docker",
      "permission denied while trying to connect to the docker daemon socket",
    );
    expect((await refusal({ image, engine: refused })).hint).toContain("group");
    const other = failing("docker", "no space left on device");
    const full = await refusal({ image, engine: other });
    expect([full.code, full.hint?.startsWith("make room")]).toEqual(["CONTAINER_FAILED", true]);
  });
});
