/** The sandbox of macOS: its profile, as text, and that commands are started with it. No Mac has run it. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { MemoryStore, sh, source, stage } from "@ashlar/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";

import { LocalRunner } from "../src/local-runner.ts";
import { findSeatbelt, seatbeltProfile } from "../src/seatbelt.ts";
import { codes, folder, logs, run } from "./rig.ts";

const spec = { writable: ["/tmp/a b"], readable: ["/opt/sdk"], fixed: [], hasNetwork: false };

describe("the profile", () => {
  test("denies what it does not allow", () => {
    expect(seatbeltProfile(spec)).toMatchInlineSnapshot(`
      "(version 1)
      (deny default)
      (allow process-fork)
      (allow sysctl-read)
      (allow ipc-posix*)
      (allow signal (target same-sandbox))
      (allow process-info* (target same-sandbox))
      (allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
      (allow file-read-metadata
        (literal "/")
        (literal "/dev")
        (literal "/etc")
        (literal "/tmp")
        (literal "/var")
        (literal "/private")
        (literal "/private/etc")
        (literal "/private/var"))
      (allow file-read-data (literal "/"))
      (allow file-read* file-write-data file-ioctl
        (literal "/dev/null")
        (literal "/dev/zero")
        (literal "/dev/random")
        (literal "/dev/urandom")
        (literal "/dev/dtracehelper"))
      (allow file-read* file-map-executable process-exec*
        (subpath "/bin")
        (subpath "/sbin")
        (subpath "/usr")
        (subpath "/System")
        (subpath "/Library/Apple")
        (subpath "/Library/Developer/CommandLineTools")
        (subpath "/Applications/Xcode.app")
        (subpath "/private/var/db/dyld")
        (subpath "/private/var/select")
        (subpath "/private/var/db/xcode_select_link")
        (subpath "/opt/sdk"))
      (allow file* process-exec*
        (subpath "/tmp/a b"))
      (deny file-write-setugid)
      "
    `);
  });

  test("takes back what is read-only below what is writable, for the last rule counts", () => {
    const profile = seatbeltProfile({ ...spec, fixed: ["/tmp/a b/root/in/src"] });
    const denied = profile.indexOf('(deny file-write*\n  (subpath "/tmp/a b/root/in/src"))');
    expect(denied).toBeGreaterThan(profile.indexOf('(subpath "/tmp/a b")'));
  });

  test("opens the network only where it is asked for", () => {
    expect(seatbeltProfile(spec)).not.toContain("network");
    expect(seatbeltProfile({ ...spec, hasNetwork: true })).toContain("(allow network*)");
  });

  test("is well-formed, whatever a path is called", () => {
    const profile = seatbeltProfile({ ...spec, writable: [String.raw`/a"b\c(d`] });
    expect(profile).toContain(String.raw`(subpath "/a\"b\\c(d")`);
    const outside = profile.replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
    expect(outside.split("(").length).toBe(outside.split(")").length);
    expect(outside).not.toContain('"');
  });
});

/** Stands for `sandbox-exec`: notes the profile, and starts the rest. */
function pretended(): { readonly program: string; readonly profile: () => string } {
  const place = folder();
  const program = join(place, "sandbox-exec");
  const note = `[ "$1" = -p ] || exit 9\nprintf %s "$2" > ${place}/profile\nshift 2\nexec "$@"\n`;
  writeFileSync(program, `#!/bin/sh\n${note}`);
  chmodSync(program, 0o755);
  return { program, profile: () => readFileSync(join(place, "profile"), "utf8") };
}

test("commands are started with it where a sandbox is required, and results say so", async () => {
  const { program, profile } = pretended();
  const said = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => said.mockRestore());
  const scratch = folder();
  const cwd = folder();
  writeFileSync(join(cwd, "file"), "content");
  const runner = new LocalRunner({ sandbox: "required", scratch }, { seatbelt: program });
  await using _ = runner;
  const look = stage("look", () => sh`sh -c ${'cat "$1/file"; pwd'} sh ${source(".")}`)();
  const report = await run(runner, look, { cwd, store: new MemoryStore() });
  expect(codes(report)).toEqual([]);
  expect(report.stages[0]?.ranBy).toBe("local/sandbox");
  const [root = ""] = (await logs(report))[0]!.split("content")[1]!.split("\n");
  expect(profile()).toContain(`(subpath "${root.replace(/\/root$/, "")}")`);
  expect(profile()).toMatch(/\(deny file-write\*\n {2}\(subpath "[^"]*\/root\/in\/[^"]+"\)\)/);
  // Said once, by the way that Node has for it.
  findSeatbelt(program);
  expect(said.mock.calls.map(([text]) => String(text))).toEqual([
    expect.stringContaining("has not been tested"),
  ]);
});

test("a program that makes none is an error that says so", () => {
  expect(() => findSeatbelt("/no/such/program")).toThrow(
    expect.objectContaining({ code: "SANDBOX_UNAVAILABLE" }),
  );
  expect(() => findSeatbelt("/bin/false")).toThrow(
    expect.objectContaining({ facts: { reason: "`/bin/false` ended with 1" } }),
  );
});
