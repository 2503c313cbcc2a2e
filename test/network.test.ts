/** The network: a command says that it may use it, and that is part of its key. */
import { build, MemoryStore, out, sh, source, stage, writable, type Action } from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

/** A runner that keeps the actions that it was given. */
function recording() {
  const actions: Action[] = [];
  const mock = mockRunner().on("probe", () => ({}));
  const run: typeof mock.run = async (action, context) => {
    actions.push(action);
    return await mock.run(action, context);
  };
  const { name, platform, hermeticity } = mock;
  return { actions, runner: { ...mock, name, platform, hermeticity, run } };
}

test("a command that may use the network has another key, and its runner is told", async () => {
  const { actions, runner } = recording();
  const probe = stage(
    "probe",
    (network: boolean | undefined) => sh(network === undefined ? {} : { network })`probe`,
  );
  await build([probe(true), probe(false), probe(undefined)], { runner, store: new MemoryStore() });
  const online = actions.filter(({ network }) => network);
  const offline = actions.filter(({ network }) => !network);
  expect([online.length, offline.length]).toEqual([1, 1]);
  expect(online[0]?.key).not.toBe(offline[0]?.key);
});

test.each([1, "yes", null])("a network that is no yes and no no: %j", (network) => {
  expect(() => sh({ network: network as unknown as boolean })`probe`).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});

test("a runner is told which trees nothing else is laid or written in", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "a/x": "1", "b/x": "1", "c/x": "1", "d/x": "1", e: "1" });
  const { actions, runner } = recording();
  const a = source("a");
  const root = {
    a,
    b: source("b"),
    "b/inner": a,
    c: writable(source("c")),
    d: source("d"),
    e: source.file("e"),
  };
  const outputs = { made: out.file("d/made", { optional: true }) };
  const target = stage("probe", () => sh({ root, outputs })`probe ${a} ${source("b")}`)();
  await build(target, { runner, store: new MemoryStore(), cwd: rig.project });
  expect(actions[0]?.wholeTrees).toEqual(["a", "b/inner", "in/b"]);
});
