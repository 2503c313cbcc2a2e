/**
 * What the tests of the container runner share: the engines of this machine, with an image to run in.
 *
 * There is no registry to pull from: the image is made of what is here, a static busybox, a shell that does
 * not know its commands by heart, and the Node that runs the tests.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { BuildOptions, CommandOptions, Runner } from "@ashlar/core";
import { containerRunner, type ContainerRunnerOptions } from "@ashlar/runner-container";
import { describe, expect, onTestFinished, test } from "vitest";

import { codes, folder, run, script, until } from "../../local/test/rig.ts";

export { codes, folder, run, script, until };

/** An engine that runs here. */
export interface TestEngine {
  readonly name: "docker" | "podman";
  readonly version: string;
  /** As images name it. */
  readonly architecture: string;
  /** Has the usual commands, and Node. */
  readonly image: string;
}

/** Declares tests on each engine of this machine; what is missing is said in one line. */
export function onEachEngine(what: string, declare: (engine: TestEngine) => void): void {
  for (const name of ["docker", "podman"] as const) {
    const found = findEngine(name);
    const isThere = typeof found !== "string";
    const title = `${what}, on ${name} ${isThere ? found.version : `(not here: ${found})`}`;
    describe(title, () => {
      if (isThere) declare(found);
      else saySkipped();
    });
  }
}

/** One line for all tests that are left out. */
function saySkipped(): void {
  test.skipIf(true)("all of it", () => expect.unreachable());
}

/** Options, of which the image may be left out by name: that of the engine is taken otherwise. */
type WithoutImage<T extends { image?: unknown }> = Omit<T, "image"> & {
  readonly image?: T["image"] | undefined;
};

/** A runner of an engine, disposed of when the test is over. Its lock file is its own. */
export async function runnerOf(
  engine: TestEngine,
  options: WithoutImage<ContainerRunnerOptions> = {},
): Promise<Runner> {
  const { name } = engine;
  const lockFile = join(folder(), "lock");
  const { image, ...others } = { image: engine.image, ...options };
  const runner = await containerRunner({
    ...{ engine: name, lockFile, graceMs: 100, ...others },
    ...(image !== undefined && { image }),
  });
  onTestFinished(async () => await runner[Symbol.asyncDispose]());
  return runner;
}

/** What a script prints. */
export async function print(
  runner: Runner,
  text: string,
  options?: CommandOptions,
  building?: Partial<BuildOptions>,
): Promise<string> {
  const report = await run(runner, script(text, options), building);
  const [only] = report.stages;
  return only === undefined ? codes(report).join() : await report.log(only);
}

/** Asks an engine something. */
export function ask({ name }: TestEngine, ...words: string[]): string {
  return execFileSync(name, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

/** Names of the containers of a process that there are. */
export function containersOf(engine: TestEngine, pid: number): string[] {
  const names = ask(engine, "ps", "--all", "--format", "{{.Names}}").split("\n");
  return names.filter((name) => name.startsWith("ashlar-") && name.includes(`-${pid}-`));
}

/**
 * Makes an image of a folder, if there is none of that name. One at a time, of all processes: a name must not come to stand for
 * another image while somebody uses it.
 */
export function importImage(engine: TestEngine["name"], name: string, directory: string): void {
  // It becomes the root of the image, which everybody may see who runs in it.
  fs.chmodSync(directory, 0o755);
  const make = `"$0" image inspect "$2" || tar -C "$1" --owner=0 --group=0 -c . | "$0" import - "$2"`;
  const lock = join(tmpdir(), `ashlar-images-${process.getuid?.()}.lock`);
  const words = [lock, "sh", "-c", make, engine, directory, name];
  execFileSync("flock", words, { stdio: "ignore" });
}

const busybox = "/usr/bin/busybox";

/** An engine with its image, or why there is none. */
function findEngine(name: "docker" | "podman"): TestEngine | string {
  const said = spawnSync(name, ["version", "--format", versionFormats[name]], { encoding: "utf8" });
  if (said.error !== undefined) return "it is not installed";
  if (said.status !== 0) return said.stderr.trim().split("\n")[0] ?? "it does not answer";
  if (!fs.existsSync(busybox)) return "there is no static busybox to make an image of";
  const made = fs.mkdtempSync(join(tmpdir(), "ashlar-image-"));
  try {
    const image = `ashlar-test:${fillImage(made)}`;
    importImage(name, image, made);
    const architecture = { x64: "amd64" }[process.arch as string] ?? process.arch;
    return { name, image, architecture, version: said.stdout.trim() };
  } catch (error) {
    return `no image can be made: ${String(error).split("\n")[0]}`;
  } finally {
    fs.rmSync(made, { recursive: true });
  }
}

const versionFormats = { docker: "{{.Server.Version}}", podman: "{{.Client.Version}}" };

/** Fills the folder of an image. Returns what tells it from others. */
export function fillImage(directory: string): string {
  const files = [
    process.execPath,
    "/bin/sh",
    ...librariesOf(process.execPath),
    ...librariesOf("/bin/sh"),
  ];
  for (const path of ["bin/busybox", "tmp/", "etc/", "usr/bin/"]) {
    fs.mkdirSync(dirname(join(directory, `${path}x`)), { recursive: true });
  }
  const hash = createHash("sha256").update("readlink 755");
  // That of busybox reads one link at a time.
  const readlink = join(directory, "bin/readlink");
  fs.copyFileSync(fs.existsSync("/bin/readlink") ? "/bin/readlink" : "/usr/bin/readlink", readlink);
  for (const path of new Set(files)) {
    fs.mkdirSync(dirname(join(directory, path)), { recursive: true });
    fs.copyFileSync(fs.realpathSync(path), join(directory, path));
    hash.update(`${path} ${fs.statSync(path).size}\n`);
  }
  fs.copyFileSync(busybox, join(directory, "bin/busybox.static"));
  fs.rmSync(join(directory, "bin/busybox"), { recursive: true, force: true });
  fs.renameSync(join(directory, "bin/busybox.static"), join(directory, "bin/busybox"));
  const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n");
  for (const applet of applets) {
    const path = join(directory, "bin", applet);
    if (!fs.existsSync(path)) fs.symlinkSync("busybox", path);
  }
  return hash.update(applets.join()).digest("hex").slice(0, 12);
}

/** What a program loads. */
function librariesOf(program: string): string[] {
  const { stdout } = spawnSync("ldd", [program], { encoding: "utf8" });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
}
