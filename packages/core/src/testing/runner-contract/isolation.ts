/**
 * Guarantee 15: what a command tries to reach that is none of its business.
 *
 * Each way out is tried by this process first, by the same script: what nobody can reach, no runner could be praised for
 * hiding. Runners that claim no isolation are not tested, so this proves nothing of them.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

import { sh } from "../../graph/sh.ts";
import { call, codes, isGone, startedWith, type Bench, type Check } from "./bench.ts";

/** Declares the tests. */
export function checkIsolation(check: Check): void {
  const isolated = (name: string, body: (bench: Bench) => Promise<void>): void => {
    check(15, name, async (bench) => {
      const { hermeticity } = bench.runner;
      if (hermeticity === "sandbox" || hermeticity === "container") await body(bench);
    });
  };

  isolated("the files of the machine, the project and the store are not there", async (bench) => {
    bench.write({ marker: "of the project" });
    fs.writeFileSync(join(bench.folder, "store-or-not"), "of the machine");
    const paths = ["project/marker", "store-or-not", ""].map((path) => join(bench.folder, path));
    for (const path of paths) {
      await escapes(bench, 'ls -d "$PLACE" && { cat "$PLACE" || ls "$PLACE"; }', { PLACE: path });
    }
  });

  isolated("nobody says who the users of the machine are", async (bench) => {
    const users = fs.readFileSync("/etc/passwd", "utf8");
    const script = "cat /etc/passwd 2> /dev/null || echo none";
    bench.expect((await bench.print(sh`sh -c ${script}`)) === users).toBe(false);
  });

  isolated("no server of the machine answers", async (bench) => {
    const server = createServer((socket) => void socket.on("error", () => {}).end("hello"));
    server.listen(0, "0.0.0.0");
    await once(server, "listening");
    try {
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      const hosts = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
      const own = hosts.filter(({ family }) => family === "IPv4").map((host) => host.address);
      for (const host of new Set(["127.0.0.1", ...own])) {
        await connects(bench, `{ port: ${port}, host: ${JSON.stringify(host)} }`);
      }
    } finally {
      server.close();
    }
  });

  for (const [what, isThere] of [
    ["a socket in the file system", true],
    ["a socket with a name that is no file", process.platform === "linux"],
  ] as const) {
    isolated(`${what} leads to nobody`, async (bench) => {
      if (!isThere) return;
      const name = `ashlar-${randomUUID()}`;
      const path = what.includes("no file") ? `\0${name}` : join(bench.folder, "socket");
      const server = createServer((socket) => void socket.on("error", () => {}).end("hello"));
      server.listen(path);
      await once(server, "listening");
      try {
        await connects(bench, JSON.stringify({ path }));
      } finally {
        server.close();
      }
    });
  }

  isolated("neither directory nor processes of another command are seen", async (bench) => {
    const mark = `mark-${randomUUID()}`;
    const stop = new AbortController();
    const command = sh({ env: { MARK: mark } })`sh -c ${`echo > ${mark}; echo on; sleep 1000`}`;
    let isOn = (): void => {};
    const on = new Promise<void>((resolve) => (isOn = resolve));
    const other = bench.tryBuild(call(command), {
      signal: stop.signal,
      onEvent: ({ type }) => {
        if (type === "stage-output") isOn();
      },
    });
    await Promise.race([on, other]);
    const script = `
      find / -path /proc -prune -o -name "mark-*" -print 2> /dev/null | grep -F "$NAME"
      cat /proc/[0-9]*/environ 2> /dev/null | tr '\\0' '\\n' | grep "^MARK=$NAME"; echo done`;
    const seen = await bench.print(sh({ env: { NAME: mark } })`sh -c ${script}`);
    stop.abort(new Error("enough"));
    await other;
    bench.expect(seen).toBe("done\n");
  });

  isolated("processes of the machine are neither seen nor signalled", async (bench) => {
    if (process.platform !== "linux") return;
    const mark = `mark-${randomUUID()}`;
    const victim = spawn("sleep", ["1000"], { env: { MARK: mark, PATH: "/usr/bin:/bin" } });
    try {
      while (startedWith(mark)?.length !== 1) await new Promise((resume) => setTimeout(resume, 1));
      const pid = String(victim.pid);
      await escapes(bench, 'tr "\\0" "\\n" < "/proc/$PID/environ" | grep -qx "MARK=$WORD"', {
        PID: pid,
        WORD: mark,
      });
      const script = 'kill -s KILL "$PID"; ls -l "/proc/$PID/fd"; true';
      await bench.print(sh({ env: { PID: pid } })`sh -c ${script}`);
      bench.expect(isGone(Number(pid)), "it is gone").toBe(false);
    } finally {
      victim.kill("SIGKILL");
    }
  });

  isolated("process 1 is not that of the machine", async (bench) => {
    if (process.platform !== "linux") return;
    // Compared by its namespace: what it was started with is nothing for a log.
    const own = fs.readlinkSync("/proc/self/ns/pid");
    const seen = await bench.print(sh`sh -c ${"readlink /proc/self/ns/pid /proc/1/ns/pid; true"}`);
    bench.expect(seen.includes(own), seen).toBe(false);
    bench.expect(seen.includes("pid:["), seen).toBe(true);
  });

  isolated("there is no way to make devices, or to mount", async (bench) => {
    if (process.platform !== "linux") return;
    const script = `
      mknod "$TMPDIR/disk" b 7 0 && echo made
      mount -t tmpfs none "$HOME" && echo mounted
      true`;
    bench.expect(await bench.print(sh`sh -c ${script}`)).toBe("");
  });

  isolated("what leaves its session does not leave the command", async (bench) => {
    const mark = `mark-${randomUUID()}`;
    const daemon = `
      const { spawn } = require("node:child_process");
      const options = { detached: true, stdio: "ignore" };
      spawn("sh", ["-c", 'trap "" TERM HUP; echo > "$HOME/on"; sleep 1000'], options).unref();`;
    const script = `"$1" -e "$2"; while ! [ -e "$HOME/on" ]; do :; done; exit $3`;
    for (const exitCode of [0, 1]) {
      const command = sh({
        env: { MARK: mark },
      })`sh -c ${script} sh ${process.execPath} ${daemon} ${exitCode}`;
      const report = await bench.tryBuild(call(command));
      bench.expect(codes(report)).toEqual(exitCode === 0 ? [] : ["STAGE_FAILED"]);
      bench.expect(startedWith(mark) ?? []).toEqual([]);
    }
  });
}

/** Expects that a script succeeds here, and fails as a command. */
async function escapes(
  bench: Bench,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const here = spawnSync("sh", ["-c", script], { env: { ...process.env, ...env } });
  bench.expect(here.status, `on this machine: ${script}`).toBe(0);
  const report = await bench.tryBuild(call(sh({ env })`sh -c ${script}`));
  bench.expect(codes(report), script).toEqual(["STAGE_FAILED"]);
}

/** Expects that a server answers here, and not to a command. @param where - Options of `net.connect`, as a script. */
async function connects(bench: Bench, where: string): Promise<void> {
  const code = `
    require("node:net").connect(${where.replaceAll("\0", "\\0")})
      .on("connect", () => process.exit(0)).on("error", () => process.exit(1));
    setTimeout(() => process.exit(2), 30_000);`;
  const script = `"$NODE" -e "$CODE"`;
  // Answers come from this process, so it must not stand still meanwhile.
  const here = spawn("sh", ["-c", script], {
    env: { ...process.env, NODE: process.execPath, CODE: code },
    stdio: "ignore",
  });
  const [status] = (await once(here, "exit")) as [number | null];
  bench.expect(status, `on this machine: ${where}`).toBe(0);
  const env = { NODE: process.execPath, CODE: code };
  const report = await bench.tryBuild(call(sh({ env })`sh -c ${script}`));
  bench.expect(codes(report), where).toEqual(["STAGE_FAILED"]);
}
