/**
 * Builds on real services: two machines that share one, one that is killed in between, and the Rust example.
 *
 * A machine is a directory of a store here.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

import { cargo } from "@ashlar/cargo";
import {
  all,
  DiskStore,
  out,
  sh,
  source,
  stage,
  tryBuild,
  type BuildOptions,
  type File,
  type Report,
  type Runner,
  type Tree,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { remoteCache, remoteRunner, withRemote } from "@ashlar/runner-remote";
import { expect, onTestFinished, test } from "vitest";

import {
  startBazelRemote,
  startCasd,
  withServer,
  type Server,
} from "../packages/runners/remote/test/servers.ts";

function folder(): string {
  const path = fs.mkdtempSync(join(tmpdir(), "ashlar-remote-"));
  onTestFinished(() => fs.rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Something of a program: each part compiled, and linked. The parts are large, and nobody asks for them. */
const compile = stage("compile", ({ src }: { src: Tree }, part: string) => {
  const script = `cat src/${part} > o; head -c 3000000 /dev/zero >> o; date +%s.%N >> o`;
  return sh({ root: { src }, outputs: { o: out.file("o") } })`sh -ec ${script}`;
});
const link = stage("link", ({ a, b }: { a: File; b: File }) => {
  const options = { root: { a, b }, outputs: { bin: out.tree("bin") } };
  return sh(
    options,
  )`sh -ec ${"mkdir bin; cat a b | wc -c > bin/size; tail -n 1 a > bin/when; echo linked"}`;
});

const src = source("src", { gitignore: false });
const a = compile({ src }, "a.c").o;
const b = compile({ src }, "b.c").o;
const linked = link({ a, b }).bin;

/** A project with the sources of the program. */
function project(): string {
  const root = folder();
  fs.mkdirSync(join(root, "src"));
  for (const part of ["a.c", "b.c"]) fs.writeFileSync(join(root, "src", part), `int ${part[0]};\n`);
  return root;
}

/** Builds as a machine of its own. */
async function onMachine(
  server: Server,
  runner: Runner,
  cwd: string,
  options: Partial<BuildOptions> = {},
): Promise<{ readonly report: Report; readonly store: DiskStore }> {
  const store = new DiskStore(join(folder(), "store"));
  await using shared = withRemote(store, remoteCache(server.endpoint), { write: true });
  const report = await tryBuild(linked, { runner, store: shared, cwd, ...options });
  await runner[Symbol.asyncDispose]();
  return { report, store };
}

const starts = { casd: startCasd, "bazel-remote": startBazelRemote } as const;
for (const name of ["casd", "bazel-remote"] as const) {
  withServer(name, "two machines", () => {
    test("what one has built, the other one does not: it executes nothing", async () => {
      await using server = await starts[name]();
      const cwd = project();
      const first = await onMachine(server, localRunner(), cwd);
      expect(first.report.errors).toEqual([]);
      expect(first.report.ran).toEqual(["compile", "compile", "link"]);
      const second = await onMachine(server, localRunner(), cwd);
      expect([second.report.ran, second.report.reused.length]).toEqual([[], 3]);
      // What it was asked for is here; what that was made of has stayed there.
      const when = await first.report.text(linked.file("when"));
      expect(await second.report.text(linked.file("when"))).toBe(when);
      const digests = await Promise.all(
        [a, b].map(async (part) => await second.report.digest(part)),
      );
      expect(await second.store.content.missing(digests)).toEqual(digests);
    });
  });
}

withServer("casd", "execution elsewhere", () => {
  test("outputs that nobody here needs stay on the service", async () => {
    await using server = await startCasd({ jobs: 2 });
    const { endpoint } = server;
    const cwd = project();
    const first = await onMachine(server, remoteRunner({ endpoint }), cwd);
    expect(first.report.errors).toEqual([]);
    expect(first.report.stages.map(({ ranBy }) => ranBy)).toEqual(
      Array.from({ length: 3 }, () => "remote/declared"),
    );
    expect(await first.report.text(linked.file("size"))).toMatch(/^60000\d\d\n$/);
    const digests = await Promise.all([a, b].map(async (part) => await first.report.digest(part)));
    expect(await first.store.content.missing(digests)).toEqual(digests);
    // And another one, with a runner that executes, executes nothing.
    const second = await onMachine(server, remoteRunner({ endpoint }), cwd);
    expect([second.report.ran, second.report.reused.length]).toEqual([[], 3]);
  });

  test("a service that is killed and comes back in the middle of a build gives a right result", async () => {
    await using server = await startCasd({ jobs: 1 });
    const { endpoint } = server;
    let restarted: Promise<void> | undefined;
    const restart = async (): Promise<void> => {
      await server.stop();
      await server.start();
    };
    const { report } = await onMachine(server, remoteRunner({ endpoint }), project(), {
      slots: 1,
      onEvent: (event) => {
        if (event.type !== "stage-progressed" || event.phase !== "executing") return;
        restarted ??= restart();
      },
    });
    await restarted;
    expect(report.errors).toEqual([]);
    expect(await report.text(linked.file("size"))).toMatch(/^60000\d\d\n$/);
  });

  test("a service that has lost everything in between gives a right result, too", async () => {
    await using server = await startCasd({ jobs: 1 });
    await using other = await startCasd({ jobs: 1 });
    const cwd = project();
    const store = new DiskStore(join(folder(), "store"));
    await using runner = remoteRunner({ endpoint: server.endpoint });
    const options = { runner, store, cwd };
    expect((await tryBuild([a, b], options)).errors).toEqual([]);
    await using elsewhere = remoteRunner({ endpoint: other.endpoint });
    const report = await tryBuild(linked, { ...options, runner: elsewhere });
    expect([report.errors, report.ran]).toEqual([[], ["link"]]);
    expect(await report.text(linked.file("size"))).toMatch(/^60000\d\d\n$/);
  });

  const toolchain = rustToolchain();
  test.skipIf(toolchain === undefined)(
    `the Rust example is built and tested there, from dependencies that were built once${toolchain === undefined ? " (there is no cargo here)" : ""}`,
    async () => {
      const path = [toolchain, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
      await using server = await startCasd({ jobs: 2, path, hasOnePlace: true });
      await using runner = remoteRunner({ endpoint: server.endpoint });
      const root = new URL("../packages/examples/rust/", import.meta.url).pathname;
      const rust = cargo({
        src: source("workspace"),
        registry: source("registry"),
        profile: "dev",
      });
      const cargoArtifacts = rust.buildDepsOnly();
      const crate = rust.buildPackage({ cargoArtifacts }).installed;
      const tests = rust.test({ cargoArtifacts });
      const report = await tryBuild(all({ crate, tests }), {
        runner,
        store: new DiskStore(join(folder(), "store")),
        cwd: root,
        slots: 4,
      });
      expect(report.errors).toEqual([]);
      const log = async (name: string): Promise<string> => {
        const found = report.stages.find((each) => each.name === name);
        return found === undefined ? "" : await report.log(found);
      };
      expect(await log("deps")).toContain("Compiling ashlar-example-words");
      for (const name of ["package", "test"]) {
        expect(await log(name), name).toContain("external: none");
        expect(await log(name), name).not.toContain("Compiling ashlar-example-words");
      }
      expect(await log("test")).toContain("test result: ok. 3 passed");
      const installed = folder();
      await report.export(crate, join(installed, "out"));
      const printed = execFileSync(join(installed, "out/bin/tally"), {
        input: "one two two\n",
        encoding: "utf8",
      });
      expect(printed).toContain("two");
    },
  );
});

/** Where the programs of the toolchain are; `undefined` when there is none. */
function rustToolchain(): string | undefined {
  try {
    const sysroot = execFileSync("rustc", ["--print", "sysroot"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const bin = join(sysroot.trim(), "bin");
    return fs.existsSync(join(bin, "cargo")) ? bin : undefined;
  } catch {
    return undefined;
  }
}
