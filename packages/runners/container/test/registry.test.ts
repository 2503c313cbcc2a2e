/** Names of a registry: what the lock file pins, and what happens when names move. A real registry, on this machine. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { freePort } from "../../remote/test/free-port.ts";
import {
  ask,
  codes,
  folder,
  importImage,
  onEachEngine,
  print,
  run,
  runnerOf,
  script,
  until,
  type TestEngine,
} from "./rig.ts";

const isHere = spawnSync("docker-registry", ["--version"]).error === undefined;

describe.skipIf(!isHere)(
  `a registry${isHere ? "" : " (not here: docker-registry is not installed)"}`,
  () => {
    let port = 0;
    let stop: () => void = () => {};
    const configured = process.env["CONTAINERS_REGISTRIES_CONF"];

    beforeAll(async () => {
      const place = mkdtempSync(join(tmpdir(), "ashlar-registry-"));
      port = await freePort();
      const config = {
        version: 0.1,
        log: { level: "error" },
        storage: { filesystem: { rootdirectory: join(place, "data") }, delete: { enabled: true } },
        http: { addr: `127.0.0.1:${port}` },
      };
      // JSON is YAML.
      writeFileSync(join(place, "config.yml"), JSON.stringify(config));
      const server = spawn("docker-registry", ["serve", join(place, "config.yml")], {
        stdio: "ignore",
      });
      // Docker trusts registries of this machine; Podman has to be told.
      writeFileSync(
        join(place, "registries.conf"),
        `[[registry]]\nlocation = "localhost:${port}"\ninsecure = true\n`,
      );
      process.env["CONTAINERS_REGISTRIES_CONF"] = join(place, "registries.conf");
      stop = () => {
        server.kill("SIGKILL");
        rmSync(place, { recursive: true, force: true });
      };
      await answers(port);
    });

    afterAll(() => {
      if (configured === undefined) delete process.env["CONTAINERS_REGISTRIES_CONF"];
      else process.env["CONTAINERS_REGISTRIES_CONF"] = configured;
      stop();
    });

    onEachEngine("names in it", (engine) => {
      const name = (): string => `localhost:${port}/app-${engine.name}:1`;

      /** Puts an image under the name, and takes it off this machine. Returns its digest there. */
      function publish(word: string): void {
        const place = folder();
        mkdirSync(join(place, "etc"));
        writeFileSync(join(place, "etc/word"), word);
        const plain = `ashlar-test-${word}-${port}:1`;
        withBusybox(engine, place, plain);
        ask(engine, "tag", plain, name());
        ask(engine, "push", name());
        forget();
        ask(engine, "rmi", "--force", plain);
      }

      /** Takes all that is called so off this machine, whatever its tag or digest. */
      function forget(): void {
        const repository = name().slice(0, -":1".length);
        const ids = ask(engine, "images", "--quiet", "--no-trunc", repository).split("\n");
        // One that a warm container runs in stays.
        for (const id of new Set(ids.filter(Boolean)))
          spawnSync(engine.name, ["rmi", "--force", id]);
      }

      afterAll(forget);

      test("are pinned to its digests, which stay what they are when names move", async () => {
        const lockFile = join(folder(), "lock");
        publish("one");
        const first = await runnerOf(engine, { image: name(), lockFile });
        expect(await print(first, "cat /etc/word")).toBe("one");
        const locked = readFileSync(lockFile, "utf8");
        expect(locked).toMatch(
          new RegExp(`"localhost:${port}/app-${engine.name}@sha256:[0-9a-f]{64}"`),
        );

        // Another image under the name: here and there.
        publish("two");
        const second = await runnerOf(engine, { image: name(), lockFile, frozen: true });
        expect(await print(second, "cat /etc/word")).toBe("one");
        expect(second.platform).toEqual(first.platform);
        expect(readFileSync(lockFile, "utf8")).toBe(locked);

        // Who unlocks it gets the new one, and other keys.
        const fresh = await runnerOf(engine, { image: name(), lockFile: join(folder(), "lock") });
        expect(fresh.platform).not.toEqual(first.platform);
      });

      test("that are gone there, and here, are refused by a lock that holds them", async () => {
        const lockFile = join(folder(), "lock");
        publish("gone");
        await runnerOf(engine, { image: name(), lockFile });
        const [, digest] = /@(sha256:[0-9a-f]{64})/.exec(readFileSync(lockFile, "utf8")) ?? [];
        forget();
        await takeAway(`http://127.0.0.1:${port}/v2/app-${engine.name}`, digest ?? "");
        await expect(runnerOf(engine, { image: name(), lockFile })).rejects.toMatchObject({
          code: "CONTAINER_IMAGE_LOCK",
          facts: { locked: `localhost:${port}/app-${engine.name}@${digest}` },
        });
      });

      test("are pulled when something runs in them, not before", async () => {
        const lockFile = join(folder(), "lock");
        publish("late");
        await runnerOf(engine, { image: name(), lockFile });
        forget();
        const here = (): string => ask(engine, "images", "--quiet", name());
        const runner = await runnerOf(engine, { image: undefined, lockFile, frozen: true });
        const { signal } = new AbortController();
        await runner.inImage?.(name(), signal);
        expect(here()).toBe("");
        expect(codes(await run(runner, script("cat /etc/word", { image: name() })))).toEqual([]);
      });
    });
  },
);

/** Makes an image of a folder, with static busybox in it. */
function withBusybox(engine: TestEngine, place: string, name: string): void {
  mkdirSync(join(place, "bin"));
  const words = `cp /usr/bin/busybox "$0/bin/busybox"; for a in sh env cat; do ln -s busybox "$0/bin/$a"; done`;
  spawnSync("sh", ["-c", words, place]);
  importImage(engine.name, name, place);
}

/** Takes an image off a registry. Its layers, too: Docker remembers manifests that it has seen. */
async function takeAway(repository: string, digest: string): Promise<void> {
  const manifest = `${repository}/manifests/${digest}`;
  const accept =
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";
  const answer = await fetch(manifest, { headers: { accept } });
  const { layers } = (await answer.json()) as { readonly layers: readonly { digest: string }[] };
  const blobs = layers.map((layer) => `${repository}/blobs/${layer.digest}`);
  for (const url of [manifest, ...blobs]) {
    expect((await fetch(url, { method: "DELETE" })).status).toBe(202);
  }
}

async function answers(port: number): Promise<void> {
  let isUp = false;
  const knock = (): void => {
    void fetch(`http://127.0.0.1:${port}/v2/`).then(
      () => (isUp = true),
      () => {},
    );
  };
  await until("the registry answers", () => {
    knock();
    return isUp;
  });
}
