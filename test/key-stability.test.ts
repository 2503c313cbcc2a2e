/**
 * Action keys, pinned. A key that changes re-runs every stage of every user, and parts them from what
 * they share: changing one of these literals is a conscious act, with a major changeset.
 *
 * @module
 */
import {
  all,
  cache,
  attempt,
  merge,
  out,
  secret,
  seq,
  sh,
  source,
  stage,
  tool,
  volatile,
  writable,
  type File,
  type Handle,
  type Tree,
} from "@ashlar/core";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

/** Keys of the stages under a target, by their names. Every stage is played, and makes nothing. */
async function keysOf(target: Handle): Promise<Readonly<Record<string, string>>> {
  await using rig = await BuildRig.create();
  rig.write({ "src/main.c": "int main() { return 0; }\n", "src/lib/empty/": "", "src/run": "#!" });
  rig.chmod("src/run", 0o755);
  rig.link("src/link", "main.c");
  const report = await rig.buildEmpty(target);
  return Object.fromEntries(report.stages.map(({ name, key }) => [name, key!]));
}

test("a command without inputs", async () => {
  const version = stage("version", () => sh`node --version`);
  expect(await keysOf(version())).toEqual({
    version: "67e58fe1ea4bb49391d7781dd65426ac6bde82045e1950cae65c0630e07e13b2/178",
  });
});

test("a source, and an output", async () => {
  const compile = stage(
    "compile",
    ({ src }: { src: Tree }) => sh`cc -O2 ${src}/main.c -o ${out.file("app")}`,
  );
  expect(await keysOf(compile({ src: source("src") }))).toEqual({
    compile: "f07cc35687d21798bda3ee015791f4f6c35d4b909cf3fba4053a334d25724e82/180",
  });
});

test("a chain: an output as input", async () => {
  const compile = stage(
    "compile",
    ({ src }: { src: Tree }) => sh`cc -c ${src} -o ${out.file("main.o")}`,
  );
  const link = stage("link", ({ o }: { o: File }) => sh`ld ${o} -o ${out.file("app")}`);
  const o = compile({ src: source("src") });
  expect(await keysOf(link({ o }))).toEqual({
    compile: "44e57ba4fb02d1e120865f0cf184bc7fe59b60935d4a408eee668045c8f9bed6/180",
    link: "507201486fa7a6233f104cfb5f72d076e39110bc0261a7570ccbcd9a652b036d/180",
  });
});

test("options: root, cwd, env, tools, several outputs", async () => {
  const cargo = stage(
    "cargo",
    ({ src, target }: { src: Tree; target: Tree }) =>
      sh({
        root: { ws: src, "ws/target": writable(target) },
        cwd: "ws",
        env: { LANG: "C.UTF-8", SRC: src, JOBS: 4 },
        tools: [tool.host("cargo", { version: ["--version"] }), tool.host("rustc")],
        outputs: { target: out.tree("ws/target"), bins: out.tree("bins"), log: out.file("log") },
        timeoutMs: 60_000,
        stablePath: true,
      })`cargo build ${["--release", "--locked"]} ${""} ${"a b"}`,
  );
  const src = source("src");
  const made = cargo({ src, target: src.dir("lib") });
  expect(await keysOf(made.log)).toEqual({
    cargo: "d4b4fc77b637982c4d1896502a26be4f1bb878b8e8f2af0a224286bad0b19562/182",
  });
});

test("a tool of an artifact", async () => {
  const src = source("src");
  const tools = [tool.host("sh"), tool.from(src, "run", { name: "start" })];
  const start = stage("start", () => sh({ tools })`start ${out.file("made")}`);
  expect(await keysOf(start())).toEqual({
    start: "2c821d096ffe667a68e22d4588610d03b254167a4f94ff0be9df0a79ad8b0b06/214",
  });
});

test("a merge has the key of an equal tree", async () => {
  const list = stage("list", (src: Tree) => sh`ls ${src.as("src")} ${out.file("list")}`);
  const src = source("src");
  const merged = merge([src.pick("*.c"), merge({ ".": src.without("main.c") })]);
  const [{ list: key }, { list: same }] = [await keysOf(list(src)), await keysOf(list(merged))];
  expect(key).toBe("e8ad170927ee08819638d56c8be3e9edb746e1782ae7ba1f295d53c434ebce73/180");
  expect(same).toBe(key);
});

test("a script, and views", async () => {
  const pack = stage(
    "pack",
    ({ src }: { src: Tree }) =>
      sh.bash`cd ${src.pick("*.c").as("picked")} && tar cf ../../${out.file("all.tar")} .`,
  );
  expect(await keysOf(pack({ src: source("src") }))).toEqual({
    pack: "77e528e127838cd1ba850b2320e337fd45f3a58fda7fc7c816d044f29be5a8ca/181",
  });
});

test("a volatile variable: its name, and no value", async () => {
  const pack = (number: number): Handle =>
    stage("pack", () => sh({ env: { A: 1, N: volatile(number) } })`pack ${out.file("app")}`)();
  expect(await keysOf(pack(1))).toEqual({
    pack: "c6f4b116b9ef27eb6e294c26c5a307ad5d78f3f1bd635b59bef63b3c821e1cdf/191",
  });
  expect(await keysOf(pack(2))).toEqual(await keysOf(pack(1)));
});

test("an attempt", async () => {
  const suite = stage("suite", () => attempt(sh`suite ${out.file("report")}`));
  expect(await keysOf(suite().exitCode)).toEqual({
    suite: "bb5f471d0091b56eeeeaccfea1bc1a54670a3f41e7b40e3cbe238fe384a9cfef/186",
  });
});

test("a secret: its name and place, and no value", async () => {
  const publish = (value: string): Handle => {
    const token = secret("TOKEN", { from: () => value });
    return stage("publish", () => sh({ env: { A: token } })`publish --auth x${token}`)();
  };
  expect(await keysOf(publish("value 1"))).toEqual({
    publish: "4b0883a589b838432a5b76b44de893fd5f845301aa7a296ad36d740e56fd083e/222",
  });
  expect(await keysOf(publish("value 2"))).toEqual(await keysOf(publish("value 1")));
});

test("a cache: its name and place", async () => {
  const install = stage("install", () => sh({ root: { ".npm": cache("npm") } })`npm ci`);
  expect(await keysOf(install())).toEqual({
    install: "90cbc33524ac4a5fed14f1f1927ec4a9aa239cb6727034a03c7594b8d1d7c0b4/199",
  });
});

test("a command with side effects", async () => {
  const deploy = stage("deploy", () => sh({ sideEffects: true })`deploy ${out.file("url")}`);
  expect(await keysOf(deploy())).toEqual({
    deploy: "25c72bb4c62f4789586dbde99e7a5f5d451989b7a85e37e2bdae4e64a16038f6/180",
  });
});

test("order, names and limits are in none of them", async () => {
  const make = (name: string, timeoutMs: number): Handle =>
    stage(name, () => {
      const options = { timeoutMs, retries: timeoutMs, resources: { cpu: timeoutMs % 2 } };
      return sh(options)`make ${out.file("made")}`;
    })();
  const gate = stage("gate", () => sh`true`)();
  const keys = [
    (await keysOf(make("make", 1)))["make"],
    (await keysOf(make("made", 2)))["made"],
    (await keysOf(seq({ gate, made: make("make", 3) })))["make"],
    (await keysOf(all({ gate, made: make("make", 4) })))["make"],
  ];
  expect(new Set(keys).size).toBe(1);
});
