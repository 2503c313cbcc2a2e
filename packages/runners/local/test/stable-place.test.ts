import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build, MemoryStore, out, sh, stage, text, writable, type Check } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { LocalRunner } from "../src/local-runner.ts";
import { runChild, startChild, whyNotNobody } from "./child.ts";
import { codes, folder, leftBy, logs, run, script, until } from "./rig.ts";

const oneStage = new URL("children/one-stage.ts", import.meta.url);
const endless = new URL("children/endless.ts", import.meta.url);

/** The place of those who take turns, in a folder for scratch. */
const placeIn = (scratch: string): string =>
  join(scratch, `ashlar-root-${process.getuid?.() ?? 0}`);

const where = (n: number): Check =>
  script('echo "$PWD $(pwd) $HOME $TMPDIR ${PATH%%:*}"', { stablePath: true, env: { N: n } });

/** Where there are no namespaces, both ways are one: then the first is tested twice, which does no harm. */
describe.each([
  ["by namespaces, where there are any", true],
  ["by turns", false],
])("the stable place, %s", (__, mayMakeViews) => {
  test("has one path for all that run at once, and for those that run later", async () => {
    const scratch = folder();
    const seen = new Set<string>();
    for (let round = 0; round < 2; round++) {
      await using runner = new LocalRunner({ sandbox: "none", scratch }, { views: mayMakeViews });
      const report = await run(runner, [where(1), where(2), where(3), where(4)], { slots: 4 });
      expect(codes(report)).toEqual([]);
      for (const log of await logs(report)) seen.add(log);
      expect(leftBy(scratch)).toEqual([]);
      expect(existsSync(placeIn(scratch))).toBe(false);
    }
    expect(seen.size).toBe(1);
  });

  test("has the right inputs, outputs and environment for each", async () => {
    await using runner = new LocalRunner(
      { sandbox: "none", scratch: folder() },
      { views: mayMakeViews },
    );
    const env = { SOME: " a  b ", EMPTY: "", LINES: "a\nb" };
    const copy = stage("copy", (n: number) => {
      const root = { "in/file": text(`content ${n}`), log: writable(text("old")) };
      const outputs = { o: out.file("in/o"), log: out.file("log"), env: out.file("env") };
      const print = `"$0" -p "JSON.stringify(process.env)" > ../env`;
      const go = `cp file o; echo new >> ../log; ls .. .; ${print}`;
      const options = { root, outputs, env, cwd: "in", stablePath: true };
      return sh(options)`sh -ec ${go} ${process.execPath}`;
    });
    const copies = Array.from({ length: 4 }, (_, n) => copy(n));
    const report = await build(copies, { runner, store: new MemoryStore(), slots: 4 });
    for (const [n, made] of copies.entries()) {
      expect(await report.text(made.o)).toBe(`content ${n}`);
      expect(await report.text(made.log)).toBe("oldnew\n");
      // The shell has set `PWD`.
      const { PATH, HOME, TMPDIR, PWD: _, ...others } = JSON.parse(await report.text(made.env));
      expect(others).toEqual(env);
      expect([PATH, HOME, TMPDIR]).toEqual([PATH, HOME, TMPDIR].map(String));
    }
    const listed = ".:\nfile\no\n\n..:\nin\nlog\n";
    expect(new Set(await logs(report))).toEqual(new Set([listed]));
  });

  test("takes nothing of what a command does not touch: the exit code, the signal", async () => {
    await using runner = new LocalRunner(
      { sandbox: "none", scratch: folder() },
      { views: mayMakeViews },
    );
    const ends = ["exit 7", "kill -KILL $$"].map((end) => script(end, { stablePath: true }));
    const report = await run(runner, ends, { keepGoing: true, slots: 1 });
    const messages = report.errors.map(({ message }) => message).toSorted();
    expect(messages).toEqual([
      "stage `script` exited with 7",
      "stage `script` was ended by SIGKILL",
    ]);
  });
});

test.skipIf(whyNotNobody !== undefined)(
  `an unprivileged user has one, too${whyNotNobody ? ` (not here: ${whyNotNobody})` : ""}`,
  () => {
    const scratch = folder();
    chmodSync(scratch, 0o777);
    const go = "pwd; echo ok > x; cat x";
    const printed = [1, 2].map(() => {
      const options = { unprivileged: true };
      const { stdout, stderr } = runChild(oneStage, [scratch, go, "stable"], options);
      expect(stderr).toBe("");
      return stdout;
    });
    expect(printed[0]).toContain("\\nok\\n");
    expect(printed[1]).toBe(printed[0]);
    expect(leftBy(scratch)).toEqual([]);
  },
);

describe("turns", () => {
  test("are taken one at a time, also by runners that do not know of each other", async () => {
    const scratch = folder();
    const once = join(scratch, "once");
    await using first = new LocalRunner({ sandbox: "none", scratch }, { views: false });
    await using second = new LocalRunner({ sandbox: "none", scratch }, { views: false });
    const alone = (n: number): Check =>
      script('mkdir "$ONCE"; ls > /dev/null; rmdir "$ONCE"', {
        ...{ stablePath: true, env: { N: n, ONCE: once } },
      });
    const turns = [1, 2, 3, 4].map(alone);
    const reports = await Promise.all([
      run(first, turns, { slots: 4 }),
      run(second, turns, { slots: 4 }),
    ]);
    expect(reports.flatMap(codes)).toEqual([]);
    expect(readdirSync(scratch).filter((name) => name.includes("root"))).toEqual([]);
  });

  test("can be given up while another has its own", async () => {
    const scratch = folder();
    await using runner = new LocalRunner(
      { sandbox: "none", scratch, graceMs: 50 },
      { views: false },
    );
    const stopFirst = new AbortController();
    const stopSecond = new AbortController();
    let isOn = false;
    const endlessly = script("echo on; sleep 1000", { stablePath: true });
    const first = run(runner, endlessly, {
      signal: stopFirst.signal,
      onEvent: ({ type }) => void (isOn ||= type === "stage-output"),
    });
    await until("the first runs", () => isOn);
    const second = run(runner, where(1), { signal: stopSecond.signal });
    const third = run(runner, where(3));
    await until("the others wait", () => actionsIn(scratch).length === 2);
    stopSecond.abort(new Error("enough"));
    expect((await second).outcome).toBe("cancelled");
    // It did not take the turn of the one that it waited for.
    expect(existsSync(placeIn(scratch))).toBe(true);
    stopFirst.abort(new Error("enough"));
    expect((await first).outcome).toBe("cancelled");
    expect(codes(await third)).toEqual([]);
  });

  test("of a process that was killed are over, and what it left at the place is gone", async () => {
    const scratch = folder();
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const place = placeIn(scratch);
    mkdirSync(join(place, "root"), { recursive: true });
    writeFileSync(join(place, "root", "junk"), "");
    writeFileSync(`${place}.lock`, String(pid));
    await using runner = new LocalRunner({ sandbox: "none", scratch }, { views: false });
    const report = await run(runner, script("ls -A", { stablePath: true }));
    expect(codes(report)).toEqual([]);
    expect(await logs(report)).toEqual([""]);
    expect(readdirSync(scratch).filter((name) => name.includes("root"))).toEqual([]);
  });

  test("of a process that is alive are waited for", async () => {
    const scratch = folder();
    const child = startChild(endless, [folder()]);
    try {
      const lock = `${placeIn(scratch)}.lock`;
      writeFileSync(lock, String(child.pid));
      await using runner = new LocalRunner({ sandbox: "none", scratch }, { views: false });
      let heard = "";
      const report = run(runner, script("echo on", { stablePath: true }), {
        onEvent: (event) => void (heard += event.type === "stage-output" ? event.text : ""),
      });
      await until("it waits", () => actionsIn(scratch).length === 1 && locks(scratch).length > 1);
      expect(heard).toBe("");
      child.kill("SIGKILL");
      expect(codes(await report)).toEqual([]);
      expect(locks(scratch)).toEqual([]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  const otherDisk = "/dev/shm";
  const hasOtherDisk = existsSync(otherDisk) && statSync(otherDisk).dev !== statSync("/tmp").dev;
  test.skipIf(!hasOtherDisk)(
    "work on another disk than that of /tmp (/dev/shm, if there is)",
    async () => {
      const scratch = folder(otherDisk);
      await using runner = new LocalRunner({ sandbox: "none", scratch }, { views: false });
      const report = await run(runner, script("pwd", { stablePath: true }));
      expect(codes(report)).toEqual([]);
      expect(await logs(report)).toEqual([`${placeIn(scratch)}/root\n`]);
    },
  );
});

/** Directories of the actions that are under way. */
function actionsIn(scratch: string): string[] {
  const runners = readdirSync(scratch).filter((name) => name.startsWith("ashlar-run-"));
  return runners
    .flatMap((name) =>
      readdirSync(join(scratch, name)).map((action) => join(scratch, name, action)),
    )
    .filter((action) => existsSync(join(action, "bin")));
}

function locks(scratch: string): string[] {
  return readdirSync(scratch).filter((name) => name.includes(".lock"));
}
