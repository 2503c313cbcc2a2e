/**
 * Remote execution on buildbox-casd, and what its own clients say of the same things.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import {
  MemoryStore,
  out,
  sh,
  source,
  stage,
  text,
  tryBuild,
  type BuildEvent,
  type BuildOptions,
  type File,
  type Report,
  type Runner,
} from "@ashlar/core";
import {
  remoteCache,
  remoteRunner,
  withRemote,
  type RemoteRunnerOptions,
} from "@ashlar/runner-remote";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { programOf, startCasd, withServer, type Server } from "./servers.ts";

/** For a store: however long the service takes to answer, it is waited for. */
const unhurried = { lookUpMs: 3_600_000, silenceMs: 3_600_000 };

withServer("casd", "remote execution", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startCasd({ jobs: 4, path: `${dirname(process.execPath)}:/usr/bin:/bin` });
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  const runnerOf = (options: Partial<RemoteRunnerOptions> = {}): Runner => {
    const runner = remoteRunner({ endpoint: server.endpoint, ...options });
    onTestFinished(async () => await runner[Symbol.asyncDispose]());
    return runner;
  };

  const folder = (): string => {
    const path = fs.mkdtempSync(join(tmpdir(), "ashlar-casd-"));
    onTestFinished(() => fs.rmSync(path, { recursive: true }));
    return path;
  };

  const build = async (
    targets: Parameters<typeof tryBuild>[0],
    options: Partial<BuildOptions> = {},
  ): Promise<Report> =>
    await tryBuild(targets, { runner: runnerOf(), store: new MemoryStore(), ...options });

  /** What a program of buildbox prints. */
  const ask = (program: string, ...words: string[]): string =>
    execFileSync(
      programOf(program) ?? program,
      [`--remote=http://127.0.0.1:${server.port}`, ...words],
      { encoding: "utf8" },
    );

  test("trees and actions have the digests that buildbox's own clients compute", async () => {
    const project = folder();
    fs.mkdirSync(join(project, "a/empty"), { recursive: true });
    for (const name of ["\u{1F9F1}", "\uE000", "z", "Z", "a/é"]) {
      fs.writeFileSync(join(project, name), name);
    }
    fs.chmodSync(join(project, "z"), 0o755);
    fs.symlinkSync("z", join(project, "link"));
    const events: BuildEvent[] = [];
    const whole = source(".", { gitignore: false });
    const run = stage(
      "run",
      ({ src }: { src: typeof whole }) =>
        sh({
          root: { ".": src },
          cwd: "a",
          env: { LANG: "C", A: "b" },
          outputs: { o: out.file("a/o/x"), t: out.tree("t") },
        })`sh -c ${"mkdir ../t; echo $A > o/x"}`,
    );
    const report = await build([whole, run({ src: whole })], {
      cwd: project,
      onEvent: (event) => void events.push(event),
    });
    expect(report.errors).toEqual([]);
    const listed = join(folder(), "digest");
    ask("casupload", `--output-digest-file=${listed}`, project);
    expect(await report.digest(whole)).toBe(fs.readFileSync(listed, "utf8"));
    const metadata = join(folder(), "metadata");
    ask(
      "trexe",
      ...[`--input-path=${project}`, "--do-not-follow-symlinks", "--working-dir=a"],
      ...["--env=LANG=C", "--env=A=b", "--output-path=o/x", "--output-path=../t"],
      ...["--platform-properties=ISA=x86-64,OSFamily=linux", "--salt=ashlar-1\npath system"],
      ...[`--result-metadata-file=${metadata}`, "sh", "-c", "mkdir ../t; echo $A > o/x"],
    );
    const said = JSON.parse(fs.readFileSync(metadata, "utf8")) as {
      readonly actionDigest: { readonly hash: string; readonly sizeBytes: string };
      readonly actionResultMetadata: { readonly cachedResult: boolean };
    };
    const started = events.find((event) => event.type === "stage-started");
    const { hash, sizeBytes } = said.actionDigest;
    expect(started?.key).toBe(`${hash}/${sizeBytes}`);
    // It was given what we had executed.
    expect(said.actionResultMetadata.cachedResult).toBe(true);
  });

  test("what one has built, another one with an empty store is given", async () => {
    const project = folder();
    // Larger than any batch, so that it goes as a stream, from a file.
    fs.writeFileSync(join(project, "large"), Buffer.alloc(9_000_000, randomUUID()));
    const double = stage("double", ({ src }: { src: ReturnType<typeof source> }) => {
      const options = { root: { in: src }, outputs: { o: out.tree("o") } };
      return sh(options)`sh -c ${"mkdir o; cat in/large in/large > o/twice; date +%s.%N > o/when"}`;
    });
    const made = double({ src: source(".", { gitignore: false }) });
    const first = await build(made, { cwd: project });
    expect(first.errors).toEqual([]);
    expect((await first.bytes(made.file("twice"))).byteLength).toBe(18_000_000);
    const second = await build(made, { cwd: project });
    expect(await second.text(made.file("when"))).toBe(await first.text(made.file("when")));
    // Nobody has written to its cache but itself.
    await using store = withRemote(new MemoryStore(), remoteCache(server.endpoint), {
      write: false,
      ...unhurried,
    });
    const third = await build(made, { cwd: project, store });
    expect([third.ran, third.stages[0]?.ranBy]).toEqual([[], "remote/declared"]);
    expect(await third.text(made.file("when"))).toBe(await first.text(made.file("when")));
    const fresh = await build(made, { cwd: project, runner: runnerOf({ reuse: false }) });
    expect(await fresh.text(made.file("when"))).not.toBe(await first.text(made.file("when")));
  });

  test("a tool that is named as a hole of the command is executed there", async () => {
    const script = `#!/bin/sh\necho "$1 ${randomUUID()}" > "$2"\n`;
    const gen = text(script, { executable: true });
    const made = stage("make", (tool: File) => sh`${tool} word ${out.file("made")}`)(gen);
    const report = await build(made);
    expect([report.errors, report.stages[0]?.ranBy]).toEqual([[], "remote/declared"]);
    expect(await report.text(made)).toContain("word");
  });

  test("when a cancelled build settles, its command has ended on the worker", async () => {
    const mark = randomUUID();
    const place = join(folder(), "started");
    // What a command has started is not looked after by casd.
    const script = `trap '' TERM; echo > ${place}; exec sleep 1000`;
    const endless = stage("endless", () => sh({ env: { MARK: mark } })`sh -c ${script}`);
    const cancel = new AbortController();
    const building = build(endless(), { signal: cancel.signal });
    // For a moment it is neither what it was nor what it will be, and has no environment.
    const isStarted = (): boolean => fs.existsSync(place) && startedWith(mark).length === 1;
    while (!isStarted()) await new Promise((resolve) => setTimeout(resolve, 5));
    cancel.abort(new Error("enough"));
    expect((await building).outcome).toBe("cancelled");
    expect(startedWith(mark)).toEqual([]);
  });
});

/** Numbers of living processes that were started with a text in their environment. */
function startedWith(word: string): string[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isAlive = !/\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, "latin1"));
        return isAlive && fs.readFileSync(`/proc/${pid}/environ`, "latin1").includes(word);
      } catch {
        return false;
      }
    });
}
