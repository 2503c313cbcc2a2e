/** The sandbox: what a command cannot reach, and what it still can. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";

import {
  build,
  MemoryStore,
  out,
  sh,
  source,
  stage,
  tool,
  writable,
  type CommandOptions,
  type Tool,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { describe, expect, onTestFinished, test } from "vitest";

import { startedWith } from "../../../core/src/testing/runner-contract/bench.ts";
import { findBubblewrap, probe } from "../src/bubblewrap.ts";
import { LocalRunner } from "../src/local-runner.ts";
import { chooseSandbox } from "../src/sandbox.ts";
import { installationOf, placesOf } from "../src/tool-places.ts";
import { startChild } from "./child.ts";
import { codes, folder, logs, run, script, until } from "./rig.ts";

const endless = new URL("children/endless.ts", import.meta.url);

const { path: bwrap, ...why } = findBubblewrap();
const notHere = "reason" in why ? ` (not here: ${why.reason})` : "";

/** Whether a command that tries to reach something gets there: its exit code says so. */
async function reaches(
  sandbox: "none" | "required",
  text: string,
  options: CommandOptions = {},
): Promise<boolean> {
  await using runner = localRunner({ sandbox });
  return (await run(runner, script(text, options))).outcome === "succeeded";
}

/** What the contract says of it, and more. Each is tried without a sandbox as well, or it would show nothing. */
describe.skipIf(bwrap === undefined)(`a command that tries to escape${notHere}`, () => {
  const isStopped = async (text: string, env: Record<string, string>): Promise<boolean> => {
    const isPossible = await reaches("none", text, { env });
    return isPossible && !(await reaches("required", text, { env }));
  };

  test("does not read a file of the machine", async () => {
    const marker = join(folder(), "marker");
    writeFileSync(marker, "it was read");
    expect(await isStopped('grep -q "it was read" "$FILE"', { FILE: marker })).toBe(true);
    expect(await reaches("required", "ls /home || ls /root || ls /opt")).toBe(false);
  });

  test("does not reach the network, unless it says so", async () => {
    const server = createServer((socket) => void socket.on("error", () => {}).end("hello"));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const connect = `require("node:net").connect(${port}, "127.0.0.1").on("connect", () => process.exit(0)).on("error", () => process.exit(1))`;
    const text = 'exec node -e "$CODE"';
    expect(await isStopped(text, { CODE: connect })).toBe(true);
    expect(await reaches("required", text, { env: { CODE: connect }, network: true })).toBe(true);
  });

  test("is gone with all that it started when the build is killed", async () => {
    const mark = `killed-${process.pid}-${Math.random()}`;
    const child = startChild(endless, [folder(), "sandbox", mark]);
    try {
      await until("they run", () => (startedWith(mark)?.length ?? 0) >= 8);
      child.kill("SIGKILL");
      await until("all are gone", () => startedWith(mark)?.length === 0);
      expect(startedWith(mark)).toEqual([]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("leaves no daemon behind", async () => {
    const mark = `daemon-${process.pid}-${Math.random()}`;
    const daemon = `setsid sh -c 'echo > "$HOME/on"; exec sleep 1000' > /dev/null 2>&1 &`;
    const text = `${daemon} while ! [ -e "$HOME/on" ]; do sleep 0.01; done`;
    for (const sandbox of ["none", "required"] as const) {
      await using runner = localRunner({ sandbox });
      const report = await run(runner, script(text, { env: { MARK: mark } }));
      expect(codes(report)).toEqual([]);
      const left = startedWith(mark) ?? [];
      for (const pid of left) process.kill(pid, "SIGKILL");
      expect(left.length).toBe(sandbox === "none" ? 1 : 0);
    }
  });
});

describe.skipIf(bwrap === undefined)(`in the sandbox${notHere}`, () => {
  test("a result says so", async () => {
    await using runner = localRunner({ sandbox: "required" });
    await using declared = localRunner({ sandbox: "none" });
    const first = await run(runner, script("true"));
    const second = await run(declared, script("true"));
    expect(first.stages[0]?.ranBy).toBe("local/sandbox");
    expect(second.stages[0]?.ranBy).toBe("local/declared");
    expect(second.stages[0]?.key).toBe(first.stages[0]?.key);
  });

  test("programs find what they need of a system", async () => {
    const text = `
      test "$(whoami)" = "$(id -un)"; test "$(hostname)" = localhost
      echo x > /dev/null; echo y > /tmp/y; cat <(echo z) /tmp/y; head -c 3 /dev/zero | wc -c
      head -c 4 /dev/urandom | wc -c; ls -A "$HOME" "$TMPDIR" | grep -v : | wc -w`;
    await using runner = localRunner({ sandbox: "required" });
    const look = stage("look", () => sh`bash -ec ${text}`)();
    const report = await run(runner, look);
    expect(codes(report)).toEqual([]);
    expect((await logs(report))[0]!.split(/\s+/)).toEqual(["z", "y", "3", "4", "0", ""]);
  });

  test("a command that is asked to end has time to", async () => {
    await using runner = localRunner({ sandbox: "required", graceMs: 3_600_000 });
    const stop = new AbortController();
    let printed = "";
    const patient = script("trap 'echo bye; exit 3' TERM; echo on; while :; do sleep 0.01; done");
    await run(runner, patient, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type !== "stage-output") return;
        printed += event.text;
        if (printed === "on\n") stop.abort(new Error("enough"));
      },
    });
    // Its shell may say that it was not alone.
    expect(printed.replace("Terminated\n", "")).toBe("on\nbye\n");
  });

  test("a tool of an installation elsewhere finds what lies beside it", async () => {
    const base = folder();
    mkdirSync(join(base, "sdk/bin"), { recursive: true });
    mkdirSync(join(base, "sdk/lib"));
    mkdirSync(join(base, "shims"));
    writeFileSync(join(base, "sdk/lib/greeting"), "hello\n");
    writeFileSync(join(base, "secret"), "nobody's business\n");
    const greet = '#!/bin/sh\ncat "$(dirname "$(readlink -f "$0")")/../lib/greeting"\n';
    writeFileSync(join(base, "sdk/bin/greet"), greet);
    chmodSync(join(base, "sdk/bin/greet"), 0o755);
    symlinkSync("../sdk/bin/greet", join(base, "shims/greet"));
    await using runner = localRunner({
      sandbox: "required",
      searchPath: `${join(base, "shims")}:/usr/bin:/bin`,
    });
    const names = ["greet", "sh", "cat", "dirname", "readlink"];
    const tools: readonly Tool[] = names.map((name) => tool.host(name));
    const print = `greet; cat ${base}/secret || echo none`;
    const report = await run(runner, stage("greet", () => sh({ tools })`sh -c ${print}`)());
    expect(codes(report)).toEqual([]);
    expect((await logs(report))[0]).toContain("hello\n");
    expect((await logs(report))[0]).toContain("none\n");
  });

  test("what is to be visible is", async () => {
    const shown = folder();
    writeFileSync(join(shown, "file"), "shown");
    await using runner = localRunner({ sandbox: "required", visible: [shown] });
    const look = script('cat "$PLACE/file" && ! echo no > "$PLACE/file"', {
      env: { PLACE: shown },
    });
    expect(codes(await run(runner, look))).toEqual([]);
    expect(readFileSync(join(shown, "file"), "utf8")).toBe("shown");
  });

  test("so is a single file of /etc, and nothing beside it", async () => {
    await using runner = localRunner({ sandbox: "required", visible: ["/etc/passwd"] });
    const users = readFileSync("/etc/passwd", "utf8");
    const report = await run(
      runner,
      script("cat /etc/passwd; ls -d /etc/shadow 2> /dev/null || :"),
    );
    expect(codes(report)).toEqual([]);
    expect(await logs(report)).toEqual([users]);
    const other = existsSync("/etc/debian_version") ? "/etc/debian_version" : "/etc/os-release";
    await using another = localRunner({ sandbox: "required", visible: [other] });
    expect(codes(await run(another, script(`test -f ${other}`)))).toEqual([]);
  });
});

describe.skipIf(bwrap === undefined)(`inputs in the sandbox${notHere}`, () => {
  /** A project with a tree of so many files, and a small one. */
  const project = (files: number): string => {
    const cwd = folder();
    mkdirSync(join(cwd, "big/deep"), { recursive: true });
    mkdirSync(join(cwd, "small"));
    for (let n = 0; n < files; n++) writeFileSync(join(cwd, "big/deep", `file-${n}`), `${n % 7}`);
    writeFileSync(join(cwd, "small/file"), "small");
    return cwd;
  };

  test("a large tree is on the disk once, for the hundred commands that use it", async () => {
    const cwd = project(200);
    const scratch = folder();
    {
      await using runner = localRunner({ sandbox: "required", scratch });
      const count = stage("count", (n: number) => {
        const options = { env: { N: n } };
        return sh(
          options,
        )`sh -c ${'ls "$0/deep" | wc -l; cat "$0/deep/file-6" "$1/file"'} ${source("big")} ${source("small")}`;
      });
      const counts = Array.from({ length: 100 }, (_, n) => count(n));
      const report = await run(runner, counts, { cwd, slots: 4 });
      expect(codes(report)).toEqual([]);
      expect(new Set(await logs(report))).toEqual(new Set(["200\n6small"]));
      const shared = readdirSync(scratch).find((name) => name.endsWith("-shared")) ?? "";
      expect(readdirSync(join(scratch, shared, "trees"))).toEqual(["0"]);
    }
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("a large tree stays for other runners where there is a place for it, and cannot be written to", async () => {
    const cwd = project(600);
    const trees = join(folder(), "trees");
    const sum = stage("sum", (n: number) => {
      const words = 'cat "$0/deep/file-6"; ! { echo more >> "$0/deep/file-6"; } 2> /dev/null';
      return sh({ env: { N: n } })`sh -c ${words} ${source("big")}`;
    });
    const inodes: number[] = [];
    for (const n of [1, 2]) {
      await using runner = localRunner({ sandbox: "required", trees });
      const report = await run(runner, sum(n), { cwd });
      expect(await logs(report)).toEqual(["6"]);
      const [kept = "", ...others] = readdirSync(trees);
      expect(others).toEqual([]);
      inodes.push(statSync(join(trees, kept, "tree/deep/file-6")).ino);
      expect(readdirSync(join(trees, kept, "users"))).toHaveLength(1);
    }
    expect(inodes[0]).toBe(inodes[1]);
    const [kept = ""] = readdirSync(trees);
    expect(readdirSync(join(trees, kept, "users"))).toEqual([]);
  });

  for (const [what, launcher, options] of [
    ["a launcher", true, {}],
    ["no launcher", false, {}],
    ["traces that it may leave", true, { network: true }],
  ] as const) {
    test(`a large tree that somebody has changed is not what a command has read, with ${what}`, async () => {
      const cwd = project(600);
      const trees = join(folder(), "trees");
      const sum = stage("sum", (n: number) => {
        const words = 'cat "$0/deep/file-6"; [ "$(cat "$0/deep/file-6")" = 6 ] || sleep 100';
        return sh({ ...options, env: { N: n } })`sh -c ${words} ${source("big")}`;
      });
      for (const n of [1, 2, 3]) {
        await using runner = new LocalRunner(
          { sandbox: "required", trees, graceMs: 50 },
          { launcher },
        );
        // Which of its commands come too early is for the machine to say.
        const report = await run(runner, [sum(n), sum(-n)], { cwd });
        expect(codes(report)).toEqual([]);
        expect(await logs(report)).toEqual(["6", "6"]);
        const [kept = "", ...others] = readdirSync(trees);
        expect(others).toEqual([]);
        writeFileSync(join(trees, kept, "tree/deep/file-6"), "wrong");
      }
    });
  }

  for (const [what, files] of [
    ["small", 2],
    ["large", 200],
  ] as const) {
    test(`a ${what} tree cannot be written to, even by root`, async () => {
      const cwd = project(files);
      await using runner = localRunner({ sandbox: "required" });
      const write = (text: string) => stage("write", () => sh`sh -c ${text} ${source("big")}`)();
      for (const text of ['echo harm > "$0/deep/file-1"', 'touch "$0/new"', 'rm -r "$0/deep"']) {
        const report = await run(runner, write(text), { cwd });
        expect(codes(report), text).toEqual(["STAGE_FAILED"]);
        expect((await logs(report))[0]).toContain("Read-only file system");
        expect(report.errors[0]?.facts["read-only"]).toBe("in/big");
        expect(report.errors[0]?.hint).toContain("`writable(…)`");
      }
    });

    test(`a ${what} tree can be changed where it is writable, or worked in`, async () => {
      const cwd = project(files);
      await using runner = localRunner({ sandbox: "required" });
      const big = source("big");
      const text = "echo changed > deep/file-1 || exit; touch new";
      const made = stage(
        "change",
        () =>
          sh({
            root: { w: writable(big) },
            cwd: "w",
            outputs: { w: out.tree("w") },
          })`sh -c ${text}`,
      )();
      const worked = stage(
        "work",
        () => sh({ root: { here: big }, cwd: "here" })`sh -c ${"touch new"}`,
      )();
      const report = await build([made, worked], { runner, cwd, store: new MemoryStore() });
      expect(await report.text(made.file("deep/file-1"))).toBe("changed\n");
      expect(await report.list(made)).toHaveLength(files + 1);
    });

    test(`a tool may lie in a ${what} tree`, async () => {
      const cwd = project(files);
      writeFileSync(join(cwd, "big/greet"), '#!/bin/sh\ncat "${0%/*}/deep/file-1"\n');
      chmodSync(join(cwd, "big/greet"), 0o755);
      await using runner = localRunner({ sandbox: "required" });
      const tools = [tool.host("sh"), tool.host("cat"), tool.from(source("big"), "greet")];
      const greet = stage("greet", () => sh({ tools })`greet`)();
      const byPath = stage("path", () => sh({ root: { b: source("big") } })`b/greet`)();
      const report = await run(runner, [greet, byPath], { cwd });
      expect(codes(report)).toEqual([]);
      expect(await logs(report)).toEqual(["1", "1"]);
    });
  }
});

describe("without a sandbox", () => {
  test("one that is required is an error that says what is missing", () => {
    expect(() => chooseSandbox("required", probe(undefined, "linux"))).toThrow(
      expect.objectContaining({
        code: "SANDBOX_UNAVAILABLE",
        facts: { reason: "there is no program `bwrap`" },
        hint: expect.stringContaining("apt-get install bubblewrap"),
      }),
    );
    expect(probe("/usr/bin/bwrap", "darwin")).toMatchObject({
      path: undefined,
      reason: expect.stringContaining("Linux"),
    });
  });

  test.skipIf(process.platform !== "linux")("a program that does not work is none", () => {
    expect(probe("/bin/false")).toMatchObject({ reason: "`/bin/false` ended with 1" });
    expect(chooseSandbox("auto", probe("/bin/false"))).toBeUndefined();
    expect(chooseSandbox("none")).toBeUndefined();
  });

  test.each([
    [{ sandbox: "yes" }, "sandbox"],
    [{ visible: ["relative"] }, "visible"],
  ])("%j is no option", (options, name) => {
    expect(() => localRunner(options as object)).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining(name),
      }),
    );
  });
});

describe("what has to be there for a program", () => {
  test.each([
    ["/opt/llvm/bin/clang", "/opt/llvm"],
    ["/home/a/.rustup/toolchains/stable/bin/cargo", "/home/a/.rustup/toolchains/stable"],
    ["/home/a/.nvm/versions/node/v20/bin/node", "/home/a/.nvm/versions/node/v20"],
    ["/home/a/p/node_modules/typescript/bin/tsc", "/home/a/p/node_modules"],
    ["/home/a/.cargo/bin/rustup", "/home/a/.cargo/bin/rustup"],
    ["/home/a/.local/bin/tool", "/home/a/.local/bin/tool"],
    ["/home/a/bin/tool", "/home/a/bin/tool"],
    ["/home/bin/tool", "/home/bin/tool"],
    ["/opt/tool", "/opt/tool"],
    ["/bin/tool", "/bin/tool"],
  ])("%s: %s", (program, place) => {
    expect(installationOf(program, "/home/a")).toBe(place);
  });

  test("is nothing for what the system shows anyway, and each place once", () => {
    const placesFor = (programs: readonly string[], visible?: readonly string[]) =>
      placesOf(programs, visible).places;
    expect(placesFor(["/usr/bin/env", "/bin/sh", "/usr/local/bin/x"])).toEqual([]);
    const places = placesFor(["/nowhere/sdk/bin/a", "/nowhere/sdk/bin/b", "/nowhere/sdk"]);
    expect(places).toEqual(["/nowhere/sdk"]);
    expect(placesFor(["/nowhere/sdk/bin/a"], ["/nowhere"])).toEqual([]);
    expect(placesFor([join(homedir(), "tool")])).toEqual([join(homedir(), "tool")]);
  });
});
