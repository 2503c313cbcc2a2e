/**
 * How the program ends when something outside of it does: signals, full disks.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

import { execa } from "execa";
import { describe, expect, test } from "vitest";

import { program, Project, small, whyNot } from "./rig.ts";

/** A build that says when it runs, and never ends by itself. */
const endless = `
import { sh, stage } from "@ashlar/core";
export const endless = stage("endless", () => sh.bash\`echo "it runs as $$"; exec sleep 473\`)();
`;

/** An endless build without a sandbox. */
class Endless {
  readonly #process: ChildProcess;
  /** Resolves with its exit code; `null` when a signal has ended it. */
  readonly ended: Promise<number | null>;
  #text = "";

  constructor({ folder: cwd, env }: Project) {
    const words = ["build", "--verbose", "--sandbox", "none"];
    this.#process = spawn(process.execPath, [program, ...words], { cwd, env });
    this.ended = new Promise((done) => {
      this.#process.once("close", done);
    });
  }

  /** Resolves with the number of its command, once that runs. */
  async command(): Promise<number> {
    return await new Promise((done, fail) => {
      this.#process.stderr?.on("data", (part: Buffer) => {
        this.#text += part.toString();
        const id = /it runs as (\d+)/.exec(this.#text)?.[1];
        if (id !== undefined) done(Number(id));
      });
      void this.ended.then(() => fail(new Error(`it has ended: ${this.#text}`)));
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** All that it has said. */
  get text(): string {
    return this.#text;
  }
}

/** A process that has ended, and that nobody has asked for its end, does not run. */
function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    const stat = `/proc/${id}/stat`;
    return !existsSync(stat) || !/\) [ZX] /.test(readFileSync(stat, "utf8"));
  } catch {
    return false;
  }
}

describe.skipIf(whyNot !== undefined)("the program", () => {
  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("on %s cancels, and ends with %d", async (signal, code) => {
    using project = new Project({ "ashlar.build.ts": endless });
    const building = new Endless(project);
    const id = await building.command();
    building.kill(signal);
    expect(await building.ended).toBe(code);
    expect(building.text).toMatch(/cancelled in .*: 1 cancelled\n$/);
    expect(isRunning(id)).toBe(false);
  });

  test("that was cancelled ends, whatever a build file has left open", async () => {
    const text = `setInterval(() => {}, 1000);\n${endless}`;
    using project = new Project({ "ashlar.build.ts": text });
    const building = new Endless(project);
    await building.command();
    building.kill("SIGINT");
    expect(await building.ended).toBe(130);
    expect(building.text).toMatch(/cancelled in .*: 1 cancelled\n$/);
  });

  test("that is killed leaves nothing running", async () => {
    using project = new Project({ "ashlar.build.ts": endless });
    const building = new Endless(project);
    const id = await building.command();
    building.kill("SIGKILL");
    await building.ended;
    await expect.poll(() => isRunning(id)).toBe(false);
  });

  test.skipIf(!existsSync("/dev/full"))("that cannot print says so", async () => {
    using project = new Project({ "ashlar.build.ts": small, "src/a.txt": "hello" });
    const line = `"${process.execPath}" "${program}" graph > /dev/full`;
    const ended = await execa("sh", ["-c", line], {
      ...{ cwd: project.folder, env: project.env, extendEnv: false, reject: false },
    });
    expect(ended.stderr).toContain("cannot print: ENOSPC");
    expect(ended.exitCode).toBe(3);
  });
});
