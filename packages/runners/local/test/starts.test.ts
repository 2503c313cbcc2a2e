import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

import { secret, sh, stage, type CommandOptions } from "@ashlar/core";
import { describe, expect, onTestFinished, test } from "vitest";

import { commandScript } from "../src/command-script.ts";
import { runLaunched } from "../src/launched.ts";
import { Launcher } from "../src/launcher.ts";
import { LocalRunner } from "../src/local-runner.ts";
import { PostLost } from "../src/post.ts";
import { runChild } from "./child.ts";
import { codes, folder, logs, run, script, until } from "./rig.ts";

const oneStage = new URL("children/one-stage.ts", import.meta.url);

const idleLaunchers = new URL("children/idle-launchers.ts", import.meta.url);

const isLinux = process.platform === "linux";

/** Runs one command that must succeed, and returns what it printed. */
async function printed(
  launcher: boolean,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  await using runner = new LocalRunner({ sandbox: "none", graceMs: 50 }, { launcher });
  const [program = "", ...rest] = argv;
  const report = await run(runner, stage("print", () => sh(options)`${program} ${rest}`)());
  expect(codes(report)).toEqual([]);
  return (await logs(report)).join("");
}

test.skipIf(!isLinux)("a command does not get what the build has open (Linux)", () => {
  const open = openSync("/etc/passwd", "r");
  onTestFinished(() => closeSync(open));
  const list = 'for fd in /proc/$$/fd/*; do ! [ -e "$fd" ] || echo "${fd##*/}"; done';
  const { stdout } = runChild(oneStage, [folder(), list], { open });
  expect(JSON.parse(stdout)).toEqual({ codes: [], log: "0\n1\n2\n" });
});

test.skipIf(!isLinux)(
  "a launcher that nobody has used is waited for, with all its own (Linux)",
  () => {
    const { status, stdout } = runChild(idleLaunchers, [folder()]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: JSON.stringify(Array(20).fill(0)) });
  },
);

describe.each([
  ["launched", true],
  ["spawned", false],
])("a command that is %s", (_, launcher) => {
  test.skipIf(!isLinux)("is a child of the shell, or of us (Linux)", async () => {
    const parent = await printed(launcher, ["sh", "-c", "cat /proc/$PPID/comm"]);
    expect(parent === "bash\n").toBe(launcher);
  });

  test("gets its arguments byte by byte", async () => {
    const bytes = Array.from({ length: 127 }, (__, at) => String.fromCharCode(at + 1)).join("");
    const words = [
      ...["", " ", "a  b ", "'", "''", '"', "\\", "\\'", "$HOME `id` $(id) ${x}", "*", "~", "#"],
      ...["\n", "a\n\nb\n", "\r\n", "\t", "-n", "--", "=", "a=b", "!", "!!", "ü🧱", "\u{1}\u{7f}"],
      bytes,
      bytes.repeat(50),
    ];
    const print = "process.stdout.write(JSON.stringify(process.argv.slice(1)))";
    const seen = await printed(launcher, [process.execPath, "-e", print, "--", ...words]);
    expect(JSON.parse(seen)).toEqual(words);
  });

  const environments: readonly (readonly [what: string, env: Record<string, string>])[] = [
    ["plain names", { A: "1", b_2: " x  y\n", EMPTY: "", QUOTES: "'\"\\$(id)`id`" }],
    ["names of the launcher's own variables", { child: "1", number: "2", status: "3", post: "4" }],
    ["names that shells use", { IFS: "x", UID: "7", RANDOM: "1", BASHOPTS: "z", PS4: "$(id)" }],
    ["languages that are not there", { LC_ALL: "xx_YY.UTF-8", LANG: "zz" }],
    ["names that no shell has", { "a.b": "1", "9": "2", é: "3", "BASH_FUNC_ls%%": "() { id; }" }],
    ["what shells set", { PWD: "/no", OLDPWD: "/no", SHLVL: "7", _: "no" }],
    ["what shells read at their start", { BASH_ENV: "/no/such", ENV: "/no/such" }],
  ];
  test.skipIf(!isLinux).each(environments)("gets its environment exactly: %s", async (__, env) => {
    const all = { PATH: "/usr/bin:/bin", HOME: "/home", TMPDIR: "/tmp", ...env };
    const seen = await printed(launcher, ["cat", "/proc/self/environ"], { env: all });
    const expected = Object.entries(all).map((pair) => pair.join("="));
    expect(seen.split("\0").filter(Boolean).toSorted()).toEqual(expected.toSorted());
  });

  test.skipIf(!isLinux)("has no open files but the three, and ignores no signal", async () => {
    const list = "ls /proc/$$/fd; grep -E 'Sig(Ign|Blk)' /proc/self/status";
    // Those that this process was started with, Node hands on to whom it starts itself.
    const own = spawnSync("sh", ["-c", list], { stdio: ["ignore", "pipe", "pipe"] });
    expect(await printed(launcher, ["sh", "-c", list])).toBe(
      launcher ? String(own.stdout).replace(/^(?:[3-9]|\d{2,})\n/gm, "") : String(own.stdout),
    );
  });

  test("leads a process group of its own", async () => {
    const group = await printed(launcher, ["sh", "-c", 'test "$(ps -o pgid= -p $$)" -eq $$']);
    expect(group).toBe("");
  });

  test.each(["HUP", "INT", "QUIT", "ABRT", "KILL", "SEGV", "PIPE", "ALRM", "TERM"] as const)(
    "and ended by SIG%s is told from one that exits with the same status",
    async (name) => {
      const status = 128 + constants.signals[`SIG${name}`];
      await using runner = new LocalRunner({ sandbox: "none" }, { launcher });
      const ends = [`kill -${name} $$`, `exit ${status}`].map((text) => script(text));
      const report = await run(runner, ends, { keepGoing: true });
      const messages = report.errors.map(({ message }) => message).toSorted();
      expect(messages).toEqual([
        `stage \`script\` exited with ${status}`,
        `stage \`script\` was ended by SIG${name}`,
      ]);
    },
  );

  test("that is stopped and goes on has not ended", async () => {
    const isStopped = "ps -o stat= -p $$ | grep -q T";
    const stop = `(until ${isStopped}; do :; done; kill -CONT $$) & kill -STOP $$; echo on; exit 0`;
    expect(await printed(launcher, ["sh", "-c", stop])).toBe("on\n");
  });

  test("prints much, and all of it arrives", async () => {
    const much =
      "head -c 3000000 /dev/zero; echo end; head -c 300000 /dev/zero >&2; sleep 0.05; echo";
    const text = await printed(launcher, ["sh", "-c", much]);
    expect(text.length).toBe(3_000_000 + 300_000 + "end\n\n".length);
  });

  test("is heard while it runs", async () => {
    await using runner = new LocalRunner({ sandbox: "none", graceMs: 50 }, { launcher });
    const cancel = new AbortController();
    let heard = "";
    const endless = script("echo out; echo err >&2; while :; do sleep 1000; done");
    const report = await run(runner, endless, {
      signal: cancel.signal,
      onEvent: (event) => {
        heard += event.type === "stage-output" ? event.text : "";
        if (heard.includes("out\n") && heard.includes("err\n")) cancel.abort(new Error("enough"));
      },
    });
    expect(report.outcome).toBe("cancelled");
  });

  test("can be reached by its output's name, as programs do that are told to write there", async () => {
    if (!launcher) return;
    const names = "echo a > /dev/stdout; echo b > /dev/stderr; echo c; echo d >&2";
    const text = await printed(launcher, ["sh", "-c", names]);
    expect(text.split("\n").toSorted().join("")).toBe("abcd");
  });

  test("leaves a daemon that talks on: nobody after it is taken for the one who did", async () => {
    const file = join(folder(), "pid");
    const daemon = `
      const { spawn } = require("node:child_process");
      const talk = "while :; do echo noise; sleep 0.01; done";
      const child = spawn("sh", ["-c", talk], { detached: true, stdio: "inherit" });
      require("node:fs").writeFileSync(${JSON.stringify(file)}, String(child.pid));
      child.unref();`;
    await using runner = new LocalRunner({ sandbox: "none", graceMs: 50 }, { launcher });
    // It talks too often for its stream to be closed, until it is killed, or gets no time to talk.
    const first = run(runner, stage("first", () => sh`${process.execPath} -e ${daemon}`)());
    await until("there is a daemon", () => existsSync(file) && readFileSync(file, "utf8") !== "");
    const pid = Number(readFileSync(file, "utf8"));
    const end = (): void => {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It has ended, for nobody listened any more.
      }
    };
    onTestFinished(end);
    const others = Array.from({ length: 5 }, (__, n) =>
      script("echo mine", { env: { N: String(n) } }),
    );
    expect(await logs(await run(runner, others))).toEqual(
      Array.from({ length: 5 }, () => "mine\n"),
    );
    end();
    expect(codes(await first)).toEqual([]);
  });
});

test.skipIf(!isLinux)("a command that is long in starting is heard all the same", async () => {
  const place = folder();
  const launcher = new Launcher(place);
  onTestFinished(async () => await launcher.end());
  const post = await launcher.take();
  const print = (text: string): string =>
    commandScript({ argv: ["/bin/sh", "-c", text], env: {} }, place) ?? "";
  const chunks: string[] = [];
  const options = {
    ...{ graceMs: 50, signal: new AbortController().signal },
    onChunk: async (_: unknown, chunk: Buffer) => void chunks.push(chunk.toString()),
  };
  // Where one has printed, its end can be taken for that of the next.
  await runLaunched(post!, print("echo first"), options);
  const noted = (): string[] => readFileSync(join(place, "post-0/process"), "utf8").split(/\s/);
  await until("the next process is there", () => noted()[0] === "2" && noted().length > 2);
  const [, pid] = noted();
  process.kill(Number(pid), "SIGSTOP");
  const ended = runLaunched(post!, print("echo heard; echo as well >&2"), options);
  // Longer than short commands take: by then, it is looked for.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(post!.hasStarted()).toBe(false);
  process.kill(Number(pid), "SIGCONT");
  expect(await ended).toEqual({ exitCode: 0, endedBy: undefined });
  expect(chunks.toSorted()).toEqual(["as well\n", "first\n", "heard\n"]);
  launcher.give(post!);
});

test.skipIf(!isLinux)(
  "one who waits for a command and is killed is not taken for the command",
  async () => {
    const place = folder();
    const launcher = new Launcher(place);
    onTestFinished(async () => await launcher.end());
    const print = commandScript({ argv: ["/bin/sh", "-c", ":"], env: {} }, place) ?? "";
    const post = await launcher.take();
    await post?.start(print);
    const noted = (): string[] => readFileSync(join(place, "post-0/process"), "utf8").split(/\s/);
    await until("the next process is there", () => noted()[0] === "2" && noted().length > 2);
    process.kill(Number(noted()[1]), "SIGKILL");
    await expect(post?.start(print)).rejects.toThrow(PostLost);
    launcher.give(post!);
    const other = await launcher.take();
    expect(await other?.start(print)).toMatchObject({ exitCode: 0 });
    launcher.give(other!);
  },
);

test("values of secrets are in no file, not even while the command runs", async () => {
  const token = secret("TOKEN", { from: () => "s3cret-value" });
  const look = 'echo "$T" | wc -c; grep -rl "$T" "$PWD/../.." || echo none';
  await using runner = new LocalRunner({ sandbox: "none" });
  const report = await run(runner, script(look, { env: { T: token } }));
  expect(codes(report)).toEqual([]);
  expect((await logs(report)).map((log) => log.trim())).toEqual(["13\nnone"]);
});

describe("a launcher", () => {
  test("that a command kills does not take the command with it", async () => {
    await using runner = new LocalRunner({ sandbox: "none" });
    // Without a launcher our own process would be the parent.
    const guarded = script(
      `case $(ps -o comm= -p $PPID) in *bash*) kill -9 $PPID;; esac; echo alive`,
    );
    for (let round = 0; round < 2; round++) {
      const report = await run(runner, guarded);
      expect(codes(report)).toEqual([]);
      expect((await logs(report)).at(-1)).toBe("alive\n");
    }
  });

  test("is not used with a shell that is no bash, or none at all", async () => {
    for (const shell of ["/bin/dash", "/no/such/shell", "/bin/true"]) {
      const launcher = new Launcher(folder(), [shell]);
      expect(await launcher.take()).toBe(undefined);
      await launcher.end();
    }
  });

  test("that is gone is started anew", async () => {
    const directory = folder();
    const launcher = new Launcher(directory);
    const print = commandScript({ argv: ["/bin/sh", "-c", ":"], env: {} }, directory) ?? "";
    for (let round = 0; round < 2; round++) {
      const post = await launcher.take();
      expect(await post?.start(print)).toMatchObject({ exitCode: 0 });
      if (post !== undefined) launcher.give(post);
      await launcher.end();
    }
  });

  test("leaves to others what it would start otherwise than the system does", () => {
    const place = folder();
    const write = (name: string, text: string): string => {
      writeFileSync(join(place, name), text);
      chmodSync(join(place, name), 0o755);
      return join(place, name);
    };
    const isLaunched = (file: string, env: Record<string, string> = {}): boolean =>
      commandScript({ argv: [file], env }, place) !== undefined;
    mkdirSync(join(place, "a=b"));
    expect(isLaunched("/bin/sh")).toBe(true);
    expect(isLaunched(write("script", "#!/bin/sh\n:\n"))).toBe(true);
    expect(isLaunched(write("spaced", "#! /bin/sh -e\n:\n"))).toBe(true);
    expect(isLaunched(write("bare", "echo\n"))).toBe(false);
    expect(isLaunched(write("lost", "#!/no/such/interpreter\n"))).toBe(false);
    expect(isLaunched(write("closed", "#!/etc/passwd\n"))).toBe(false);
    expect(isLaunched(write("nested", `#!${join(place, "script")}\n`))).toBe(false);
    expect(isLaunched(write("empty", ""))).toBe(false);
    const named = write("a=b/named", "#!/bin/sh\n:\n");
    expect(isLaunched(named)).toBe(true);
    expect(isLaunched(named, { "a.b": "" })).toBe(false);
    expect(commandScript({ argv: ["/bin/sh", "x".repeat(70_000)], env: {} }, place)).toBe(
      undefined,
    );
  });
});
