/** What goes wrong around containers: engines, disks, leftovers, limits. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BuildError, fn, out, sh, source, stage, type CommandOptions } from "@ashlar/core";
import { containerRunner } from "@ashlar/runner-container";
import { describe, expect, onTestFinished, test } from "vitest";

import { startChild } from "../../local/test/child.ts";
import {
  ask,
  codes,
  containersOf,
  folder,
  onEachEngine,
  print,
  run,
  runnerOf,
  script,
  until,
} from "./rig.ts";

onEachEngine("a command", (engine) => {
  test("that the image lacks", async () => {
    const runner = await runnerOf(engine);
    const report = await run(runner, stage("lost", () => sh`no-such-program --now`)());
    expect(codes(report)).toEqual(["COMMAND_NOT_FOUND"]);
    const tools = stage("tools", () => sh`/usr/bin/no-such-program`)();
    expect(codes(await run(runner, tools))).toEqual(["COMMAND_NOT_FOUND"]);
  });

  test("that links its output to a place outside of its input root", async () => {
    const place = folder();
    writeFileSync(join(place, "marker"), "of the host");
    const runner = await runnerOf(engine);
    const linked = (text: string, path: string) =>
      run(runner, stage("linked", () => sh({ outputs: { o: out.file(path) } })`sh -c ${text}`)());
    for (const [text, path] of [
      [`ln -s ${place}/marker o`, "o"],
      [`rm -r d; ln -s ${place} d`, "d/marker"],
      ["ln -s /etc/passwd o", "o"],
      ["ln -s ../../../../../../etc/passwd o", "o"],
    ] as const) {
      const report = await linked(text, path);
      expect([text, ...codes(report)]).toEqual([text, expect.stringMatching(/^OUTPUT_/)]);
    }
  });

  test("cannot declare an output outside of its input root", () => {
    expect(() => sh`touch ${out.file("../o")}`).toThrow(
      expect.objectContaining({ code: "MALFORMED_PATH" }),
    );
  });

  test("that asks for a file of the project that it was not given is told so", async () => {
    const project = folder();
    mkdirSync(join(project, "src"));
    writeFileSync(join(project, "src/here"), "");
    writeFileSync(join(project, "src/forgotten"), "");
    const runner = await runnerOf(engine);
    const cat = stage(
      "cat",
      () =>
        sh({
          root: { src: source("src", { exclude: ["forgotten"] }) },
        })`sh -c ${'cat "$PWD/src/forgotten"'}`,
    );
    const report = await run(runner, cat(), { cwd: project });
    expect(report.errors[0]?.facts["not declared"]).toBe("src/forgotten (in the project)");
  });

  test("is JavaScript, if the image has a Node", async () => {
    const runner = await runnerOf(engine);
    const made = stage("made", () =>
      fn({
        outputs: { o: out.file("o") },
        run: async ({ out: paths }) => {
          const { writeFile } = await import("node:fs/promises");
          await writeFile(paths.o, process.version);
        },
      }),
    )();
    const report = await run(runner, made);
    expect(await report.text(made)).toBe(process.version);
  });
});

onEachEngine("what a stage says that it needs", (engine) => {
  const memory = 64 * 2 ** 20;
  const greedy = "tail -c 500000000 /dev/zero | cat > /dev/null; kill -KILL $$";

  test("is what it gets of memory, and no more; the error says so", async () => {
    const runner = await runnerOf(engine);
    const report = await run(runner, script(greedy, { resources: { memory } }));
    expect(codes(report)).toEqual(["STAGE_FAILED"]);
    expect(report.errors[0]?.facts["reason"]).toContain(
      "64 MiB, by `resources.memory` of the stage",
    );
    expect(
      codes(
        await run(
          runner,
          script("head -c 70000000 /dev/zero | tail -c 69000000 | cat > /dev/null"),
        ),
      ),
    ).toEqual([]);
  });

  test("is held against what the runner grants to all", async () => {
    const runner = await runnerOf(engine, { limits: { memory } });
    const report = await run(runner, script(greedy, { resources: { memory: 2 ** 30 } }));
    expect(report.errors[0]?.facts["reason"]).toContain("64 MiB, by the runner's `limits`");
  });

  test("of processors is what it gets; all that there are is no limit", async () => {
    const runner = await runnerOf(engine);
    const quota = (options: CommandOptions): Promise<string> =>
      print(
        runner,
        "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2> /dev/null | cut -d ' ' -f 1",
        options,
        { resources: { cpu: 1000 } },
      );
    expect(await quota({ resources: { cpu: 1 } })).toBe("100000\n");
    expect(await quota({})).toMatch(/^(-1|max)\n$/);
    expect(await quota({ resources: { cpu: 1000 } })).toMatch(/^(-1|max)\n$/);
  });

  test("is in no key", async () => {
    const runner = await runnerOf(engine);
    const keys = [];
    for (const options of [{}, { resources: { cpu: 1, memory } }]) {
      keys.push((await run(runner, script("true", options))).stages[0]?.key);
    }
    expect(keys[0]).toBe(keys[1]);
  });
});

onEachEngine("a disk", (engine) => {
  const tried = mkdtempSync(join(tmpdir(), "ashlar-mount-"));
  const cannotMount = spawnSync("mount", ["-t", "tmpfs", "none", tried]).status !== 0;
  if (!cannotMount) spawnSync("umount", [tried]);
  rmdirSync(tried);

  test.skipIf(cannotMount)(
    `that is full says so${cannotMount ? " (not here: no disk can be mounted)" : ""}`,
    async () => {
      const scratch = folder();
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", scratch]);
      onTestFinished(() => void spawnSync("umount", ["--lazy", scratch]));
      const project = folder();
      writeFileSync(join(project, "large"), Buffer.alloc(4 * 2 ** 20, "x"));
      const runner = await runnerOf(engine, { scratch });
      const large = source.file("large");
      const wc = stage("wc", () => sh`wc -c ${large}`)();
      const report = await run(runner, wc, { cwd: project });
      expect(codes(report)).toEqual(["CONTAINER_FAILED"]);
      expect(report.errors[0]?.hint).toContain("`scratch`");
      // There is room again: for what is small.
      expect(codes(await run(runner, script("true")))).toEqual([]);
    },
  );
});

onEachEngine("leftovers of processes that were killed", (engine) => {
  test("are swept when the next runner is made, and those of others are not", async () => {
    const owner = startChild(new URL("children/leftover.ts", import.meta.url), [
      engine.name,
      engine.image,
    ]);
    onTestFinished(() => void owner.kill("SIGKILL"));
    let said = "";
    owner.stdout.on("data", (chunk) => (said += String(chunk)));
    await until("there is a container", () => said.endsWith("\n"));
    const left = said.trim();
    expect(left).toMatch(/^ashlar-/);
    const names = (): string[] => ask(engine, "ps", "--all", "--format", "{{.Names}}").split("\n");
    // As long as its owner is there: then anybody may sweep it, such as the tests beside this one.
    expect(names()).toContain(left);
    owner.kill("SIGKILL");
    await until("its owner is gone", () => owner.signalCode !== null);
    const child = startChild(new URL("children/endless.ts", import.meta.url), [
      engine.name,
      engine.image,
      folder(),
    ]);
    onTestFinished(() => void child.kill("SIGKILL"));
    let heard = "";
    child.stdout.on("data", (chunk) => (heard += String(chunk)));
    await until("it runs", () => heard.includes("started"));
    await runnerOf(engine);
    expect(names()).not.toContain(left);
    expect(containersOf(engine, child.pid!)).toHaveLength(1);
    child.kill("SIGKILL");
    await until("it is gone", () => containersOf(engine, child.pid!).length === 0);
  });
});

/** A program that stands in for an engine: the real one, called in another way. */
function calledAs(name: string, words: string): string {
  const path = join(folder(), name);
  writeFileSync(path, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

async function refusal(engine: string): Promise<BuildError> {
  const lockFile = join(folder(), "lock");
  const error: unknown = await containerRunner({ engine, image: "debian:12", lockFile }).catch(
    (caught: unknown) => caught,
  );
  if (error instanceof BuildError) return error;
  throw new Error("it was made", { cause: error });
}

onEachEngine("a service", (engine) => {
  test("that does not run is told apart, with how to start it", async () => {
    const nowhere = "unix:///nonexistent/engine.sock";
    const words = {
      docker: `docker --host ${nowhere}`,
      podman: `podman --remote --url ${nowhere}`,
    };
    const error = await refusal(calledAs(engine.name, words[engine.name]));
    expect(error.code).toBe("CONTAINER_ENGINE");
    expect(error.message).toContain("is not running");
    expect(error.hint).toContain("start it");
  });
});

const socket = "/var/run/docker.sock";
const cannotDrop =
  process.getuid?.() !== 0 || !existsSync("/usr/bin/setpriv") || !existsSync(socket);
describe.skipIf(cannotDrop)("a service that is for others", () => {
  test("says who may use it", async () => {
    const words = "setpriv --reuid=65534 --regid=65534 --clear-groups docker";
    const error = await refusal(calledAs("docker", `env HOME=/nonexistent ${words}`));
    expect([error.code, error.message]).toEqual([
      "CONTAINER_ENGINE",
      "this user may not use the container engine `docker`",
    ]);
    expect(error.hint).toContain("group");
  });
});
