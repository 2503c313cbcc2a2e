import { readdirSync, readFileSync } from "node:fs";

import { out, sh, stage, text } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { describe, expect, onTestFinished, test, vi } from "vitest";

import { runChild, startChild } from "./child.ts";
import { codes, folder, isGone, logs, run, script, until } from "./rig.ts";

const endless = new URL("children/endless.ts", import.meta.url);
const oneStage = new URL("children/one-stage.ts", import.meta.url);

describe("graceMs", () => {
  test("is time to clean up, and need not be used up", async () => {
    // Longer than the test may take: it would be given up.
    await using runner = localRunner({ sandbox: "none", graceMs: 3_600_000 });
    const cancel = new AbortController();
    const polite = "trap 'echo bye; exit 0' TERM; echo hello; sleep 1000 & wait";
    const heard: string[] = [];
    const report = await run(runner, script(polite), {
      signal: cancel.signal,
      onEvent: (event) => {
        if (event.type !== "stage-output") return;
        heard.push(event.text);
        cancel.abort(new Error("enough"));
      },
    });
    expect(report.outcome).toBe("cancelled");
    expect(heard.join("")).toBe("hello\nbye\n");
  });

  test("is over for a command that does not listen", async () => {
    const graceMs = 300;
    await using runner = localRunner({ sandbox: "none", graceMs });
    const cancel = new AbortController();
    let abortedAt = 0;
    await run(runner, script("trap '' TERM; echo hello; while :; do sleep 1000; done"), {
      signal: cancel.signal,
      onEvent: ({ type }) => {
        if (type !== "stage-output") return;
        abortedAt = performance.now();
        cancel.abort(new Error("enough"));
      },
    });
    expect(performance.now() - abortedAt).toBeGreaterThanOrEqual(graceMs - 1);
  });
});

test("a run waits for what takes its time to die", async () => {
  await using runner = localRunner({ sandbox: "none" });
  // Much memory has to be given back. It says so in a file, for it must not hold the output open.
  const large = `
    const memory = Buffer.alloc(300_000_000, 1);
    require("node:fs").writeFileSync(process.env.HOME + "/ready", String(memory.length));
    setInterval(() => {}, 1000);`;
  const leave = `
    sh -c 'echo pid $$; exec "$0" -e "$1" > /dev/null 2>&1' "$0" "$1" &
    while [ ! -e "$HOME/ready" ]; do :; done`;
  const left = stage("left", () => sh`sh -c ${leave} ${process.execPath} ${large}`)();
  const report = await run(runner, left);
  expect(codes(report)).toEqual([]);
  const [log = ""] = await logs(report);
  expect(isGone(Number(/^pid (\d+)\n$/.exec(log)?.[1]))).toBe(true);
});

describe("a daemon, which leaves its command's session", () => {
  const daemon = `
    const { spawn } = require("node:child_process");
    const child = spawn("sleep", ["1000"], { detached: true, stdio: "inherit" });
    console.log("pid", child.pid);
    child.unref();`;
  test.each([
    ["does not hold up the end of its command", "", []],
    ["does not hold up a cancellation", "setInterval(() => {}, 1000)", ["BUILD_CANCELLED"]],
  ])("%s", async (_, more, expected) => {
    await using runner = localRunner({ sandbox: "none", graceMs: 100 });
    const target = stage("daemon", () => sh`${process.execPath} -e ${daemon + more}`)();
    const cancel = new AbortController();
    let heard = "";
    const report = await run(runner, target, {
      signal: cancel.signal,
      onEvent: (event) => {
        if (event.type === "stage-output") heard += event.text;
        if (heard !== "" && more !== "") cancel.abort(new Error("enough"));
      },
    });
    const pid = Number(/^pid (\d+)\n/.exec(heard)?.[1]);
    onTestFinished(() => void process.kill(pid, "SIGKILL"));
    expect(codes(report)).toEqual(expected);
    expect(isGone(pid)).toBe(false);
  });
});

describe("when the process that builds is ended", () => {
  test.each([
    ["SIGKILL", "plain"],
    ["SIGKILL", "stable"],
    ["SIGINT", "plain"],
    ["SIGINT", "stable"],
    ["SIGTERM", "plain"],
  ] as const)("by %s, nothing of its commands survives (%s path)", async (signal, how) => {
    const child = startChild(endless, [folder(), how]);
    const count = how === "plain" && process.platform === "linux" ? 6 : 4;
    let heard = "";
    child.stdout.on("data", (chunk) => (heard += String(chunk)));
    const pids = (): number[] =>
      [...heard.matchAll(/^pid (\d+)\n/gm)].map(([, pid]) => Number(pid));
    try {
      await until("all commands say their numbers", () => pids().length === count);
      expect(pids().filter(isGone)).toEqual([]);
    } finally {
      child.kill(signal);
    }
    await until("all are gone", () => pids().every(isGone));
    await until("the child is gone", () => child.signalCode === signal);
  });
});

test("a runner that nobody disposes of does not keep its process alive", () => {
  const { status, stdout, stderr } = runChild(oneStage, [folder(), "echo hello"]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ codes: [], log: "hello\n" });
  expect(status).toBe(0);
});

test.skipIf(process.platform !== "linux")(
  "once disposed of, a runner has no process left (seen in /proc, so on Linux only)",
  async () => {
    const children = (): string[] =>
      readdirSync("/proc/self/task").flatMap((task) =>
        readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ").filter(Boolean),
      );
    const before = children();
    const runner = localRunner({ sandbox: "none" });
    expect(codes(await run(runner, script("echo hello")))).toEqual([]);
    expect(children()).not.toEqual(before);
    await runner[Symbol.asyncDispose]();
    expect(children()).toEqual(before);
  },
);

test("inputs have one time, whenever they were made", async () => {
  await using runner = localRunner({ sandbox: "none" });
  const stat = `
    const { lstatSync } = require("node:fs");
    for (const path of ["file", "tree/x", "tree/sub"]) console.log(lstatSync(path).mtimeMs);`;
  const made = stage(
    "make",
    () => sh({ outputs: { tree: out.tree("tree") } })`sh -ec ${"mkdir -p tree/sub; echo > tree/x"}`,
  )();
  const times = stage(
    "times",
    () => sh({ root: { tree: made, file: text("now") } })`${process.execPath} -e ${stat}`,
  )();
  const report = await run(runner, times);
  expect((await logs(report)).at(-1)).toBe("1000\n1000\n1000\n");
});

test("a run leaves no timer behind, which would keep its process alive", async () => {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  // The process has timers of vitest, too: so those of the run are followed from their start to their end, and work as ever.
  onTestFinished(() => void vi.unstubAllGlobals());
  const pending = new Set<NodeJS.Timeout | undefined>();
  let count = 0;
  vi.stubGlobal("setTimeout", (callback: () => void, ms: number) => {
    const timer = set(() => {
      pending.delete(timer);
      callback();
    }, ms);
    pending.add(timer);
    count++;
    return timer;
  });
  vi.stubGlobal("clearTimeout", (timer: NodeJS.Timeout | undefined) => {
    pending.delete(timer);
    clear(timer);
  });
  await using runner = localRunner({ sandbox: "none" });
  expect(codes(await run(runner, script("echo hello")))).toEqual([]);
  const left = [...pending].filter((timer) => timer?.hasRef());
  expect([count > 0, left]).toEqual([true, []]);
});

describe("a program that cannot be started fails its stage, and says why", () => {
  test.each([
    ["its interpreter is missing", "#!/no/such/interpreter\n", "127", "ENOENT"],
    ["its interpreter cannot be executed", "#!/etc/passwd\n", "126", "EACCES"],
  ])("when %s", async (_, content, exitCode, why) => {
    await using runner = localRunner({ sandbox: "none" });
    const write = script(`printf '%s' '${content}' > x; chmod +x x; exec ./x`);
    // Of a shell first, to see that we do as shells do.
    const [error] = (await run(runner, write)).errors;
    expect(error?.message).toMatch(/exited with 12[67]/);
    const made = stage(
      "make",
      () =>
        sh({ outputs: { x: out.file("x") } })`sh -c ${`printf '%s' '${content}' > x; chmod +x x`}`,
    )();
    const report = await run(runner, stage("start", () => sh`${made}`)());
    expect(codes(report)).toEqual(["STAGE_FAILED"]);
    expect(report.errors[0]?.message).toContain(`exited with ${exitCode}`);
    expect(report.errors[0]?.facts["log"]).toContain(why);
  });

  test("when its arguments are too long", async () => {
    await using runner = localRunner({ sandbox: "none" });
    const long = stage("long", () => sh`sh -c : ${"x".repeat(3_000_000)}`)();
    const report = await run(runner, long);
    expect(codes(report)).toEqual(["STAGE_FAILED"]);
    expect(report.errors[0]?.facts["log"]).toMatch(/E2BIG: .*as a file/);
    expect((await logs(report)).join("")).toContain("E2BIG");
  });
});
