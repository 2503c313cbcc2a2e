/**
 * Remote execution on BuildGrid: a queue, and a worker that takes from it.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import {
  attempt,
  MemoryStore,
  out,
  sh,
  stage,
  systemClock,
  text,
  tryBuild,
  type BuildEvent,
  type BuildOptions,
  type File,
  type Report,
  type Runner,
  type Targets,
  type Tree,
} from "@ashlar/core";
import {
  remoteCache,
  remoteRunner,
  withRemote,
  type RemoteRunnerOptions,
  type RemoteStore,
} from "@ashlar/runner-remote";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { startBuildgrid } from "./buildgrid.ts";
import { withServer, type Server } from "./servers.ts";

withServer("buildgrid", "remote execution", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startBuildgrid();
  }, 60_000);
  afterAll(async () => await server[Symbol.asyncDispose]());

  const runnerOf = (options: Partial<RemoteRunnerOptions> = {}): Runner => {
    const runner = remoteRunner({ endpoint: server.endpoint, ...options });
    onTestFinished(async () => await runner[Symbol.asyncDispose]());
    return runner;
  };

  const events: BuildEvent[] = [];
  const build = async (targets: Targets, options: Partial<BuildOptions> = {}): Promise<Report> => {
    events.length = 0;
    const onEvent = (event: BuildEvent): void => void events.push(event);
    const usual = { runner: runnerOf(), store: new MemoryStore(), clock: systemClock, onEvent };
    return await tryBuild(targets, { ...usual, ...options });
  };

  const codes = ({ errors }: Report): readonly string[] => errors.map(({ code }) => code);

  /** write ──▶ made/ ──▶ count ──▶ number, with a mark so that nobody has run it before. */
  const pipeline = (mark: string) => {
    const made = stage(
      "write",
      (word: File) =>
        sh`sh -c ${"mkdir -p $1/deep; cat $0 > $1/a; echo b > $1/deep/b; echo wrote; ln -s a $1/link"} ${word} ${out.tree("made")}`,
    )(text(mark));
    const number = stage(
      "count",
      (tree: Tree) => sh`sh -c ${"find $0 -type f | wc -l > $1"} ${tree} ${out.file("number")}`,
    )(made);
    return { made, number };
  };

  test("files, trees and logs come back, and phases are told", async () => {
    const { made, number } = pipeline(randomUUID());
    const report = await build([made, number]);
    expect(codes(report)).toEqual([]);
    expect(await report.list(made)).toEqual(["a", "deep/b", "link"]);
    expect((await report.text(number)).trim()).toBe("2");
    expect(report.stages.map(({ ranBy }) => ranBy)).toEqual(["remote/declared", "remote/declared"]);
    expect(await report.log(report.stages[0]!)).toBe("wrote\n");
    const phases = events.flatMap((event) =>
      event.type === "stage-progressed" && event.name === "write" ? event.phase : [],
    );
    expect([phases[0], phases.at(-1)]).toEqual(["uploading", "downloading"]);
    expect(phases).toContain("queued");
  });

  test("a machine with an empty store is given what another one had executed", async () => {
    const { made, number } = pipeline(randomUUID());
    const endpoint = server.endpoint;
    const machine = (): RemoteStore => {
      // However long the service takes to answer, it is waited for.
      const patience = { lookUpMs: 3_600_000, silenceMs: 3_600_000 };
      const cache = remoteCache(endpoint);
      const store = withRemote(new MemoryStore(), cache, { write: true, ...patience });
      onTestFinished(async () => await store[Symbol.asyncDispose]());
      return store;
    };
    const first = await build([made, number], { store: machine() });
    expect([codes(first), first.ran]).toEqual([[], ["write", "count"]]);
    expect(first.remoteCache).toMatchObject({ failures: 0 });
    const second = await build([made, number], { store: machine() });
    expect([codes(second), second.ran]).toEqual([[], []]);
    expect(await second.digest(made)).toBe(await first.digest(made));
  });

  test("a command that fails fails its stage, with its log, and an attempt is given its exit code", async () => {
    const script = `echo ${randomUUID()} >&2; exit 7`;
    const report = await build(stage("fail", () => sh`sh -c ${script}`)());
    expect(codes(report)).toEqual(["STAGE_FAILED"]);
    expect(report.errors[0]?.message).toContain("7");
    const tried = stage("try", () => attempt(sh`sh -c ${script}`))();
    const other = await build(tried.exitCode);
    expect([codes(other), await other.text(tried.exitCode)]).toEqual([[], "7\n"]);
  });

  test("what no worker has is said", async () => {
    const platform = { OSFamily: "linux", ISA: "x86-64", gpu: "yes" };
    const odd = stage("odd", () => sh`true`)();
    const report = await build(odd, { runner: runnerOf({ platform }) });
    expect(codes(report)).toEqual(["RUNNER_UNABLE"]);
  });

  test("an output that was not made is missing", async () => {
    const script = `: ${randomUUID()}`;
    const report = await build(stage("none", () => sh`sh -c ${script} ${out.file("made")}`)());
    expect(codes(report)).toEqual(["OUTPUT_MISSING"]);
  });

  test("a build that is cancelled settles, and the service is told", async () => {
    const cancel = new AbortController();
    const script = `: ${randomUUID()}; exec sleep 1000`;
    const building = build(stage("endless", () => sh`sh -c ${script}`)(), {
      signal: cancel.signal,
      onEvent: (event) => {
        if (event.type === "stage-progressed" && event.phase === "executing") cancel.abort();
      },
    });
    expect((await building).outcome).toBe("cancelled");
    // Its worker is free again.
    const next = stage("next", () => sh`sh -c ${`: ${randomUUID()}`}`);
    expect(codes(await build(next()))).toEqual([]);
  });
});
