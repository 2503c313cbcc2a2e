/**
 * What is left of a tour that is interrupted: by real signals, at the worst time.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const tour = new URL("../dist/tour.js", import.meta.url).pathname;

const hasBash = (await execa("bash", ["--version"], { reject: false })).exitCode === 0;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-examples-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const withoutBash = hasBash ? "" : " (skipped: there is no bash here)";

describe.skipIf(!hasBash).each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  `%s${withoutBash}`,
  (signal) => {
    test.each([1, 2, 5])("%d times leaves nothing in TMPDIR", async (times) => {
      const temporary = join(folder, "temporary");
      const tools = join(folder, "tools");
      for (const made of [temporary, tools]) mkdirSync(made);
      // Without cargo it is the small story, which is told everywhere. Its first build needs these, and
      // does not come to its end before the signals do.
      for (const name of ["node", "bash", "mkdir"]) {
        symlinkSync((await execa("which", [name])).stdout, join(tools, name));
      }
      const slow = "#!/bin/sh\n[ $# -lt 2 ] || exec /bin/sleep 60\n";
      writeFileSync(join(tools, "cp"), slow, { mode: 0o755 });
      const child = execa("node", [tour], {
        cwd: folder,
        env: { TMPDIR: temporary, PATH: tools },
        reject: false,
      });
      const isRunning = (): boolean =>
        readdirSync(temporary).some((name) => name.startsWith("ashlar-run-"));
      while (!isRunning() && child.exitCode === null) await sleep(1);
      for (let sent = 0; sent < times; sent++) {
        if (sent > 0) await sleep(8);
        child.kill(signal);
      }
      const { exitCode, signal: endedBy, stdout } = await child;
      expect(stdout).toContain("Interrupted.");
      // The last of many may come when all is done, and Node has taken off the handlers. To a shell, it is one.
      if (endedBy !== signal) expect(exitCode).toBe(128 + constants.signals[signal]);
      expect(readdirSync(temporary)).toEqual([]);
      expect(existsSync(join(folder, "tour"))).toBe(false);
    });
  },
);
