import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";

import {
  MemoryStore,
  sh,
  stage,
  tool,
  type HostToolOptions,
  type ToolDecision,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { afterEach, describe, expect, test, vi } from "vitest";

import { ToolFinder } from "../src/tool-finder.ts";
import { codes, folder, isGone, logs, run, until } from "./rig.ts";

afterEach(() => vi.unstubAllEnvs());

const never = new AbortController().signal;

/** Folders of programs, for the test to fill. */
class Host {
  readonly folder: string = folder();

  /** Writes a program, as a shell script. */
  write(path: string, text: string): string {
    const full = join(this.folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, `#!/bin/sh\n${text}\n`);
    chmodSync(full, 0o755);
    return full;
  }

  /** A search path of these folders, and the system's. */
  searchPath(...folders: readonly string[]): string {
    return [...folders.map((name) => join(this.folder, name)), "/usr/bin", "/bin"].join(delimiter);
  }
}

const use = (options: HostToolOptions): ReturnType<ReturnType<typeof stage<[], {}>>> =>
  stage("use", () => sh({ tools: [tool.host("sh"), tool.host("thing", options)] })`thing`)();

describe("a tool's version is part of the key", () => {
  test.each([
    ["what it prints", { version: ["--version"] }, "echo 1.0", "echo 1.0 # new bytes", "echo 1.1"],
    ["its bytes", {}, "echo 1.0", "echo 1.0", "echo 1.0 # new bytes"],
  ] as const)("by %s", async (_, options, first, same, other) => {
    const host = new Host();
    const store = new MemoryStore();
    const ran: boolean[] = [];
    for (const text of [first, same, other]) {
      host.write("bin/thing", text);
      await using runner = localRunner({ searchPath: host.searchPath("bin") });
      const report = await run(runner, use(options), { store });
      expect(codes(report)).toEqual([]);
      ran.push(report.ran.length === 1);
    }
    expect(ran).toEqual([true, false, true]);
  });

  test("by its bytes, when the command starts with its absolute path", async () => {
    const host = new Host();
    const store = new MemoryStore();
    const ran: boolean[] = [];
    for (const text of ["echo 1.0", "echo 1.0", "echo 1.1"]) {
      const thing = host.write("bin/thing", text);
      await using runner = localRunner();
      const report = await run(runner, stage("use", () => sh`${thing}`)(), { store });
      expect(codes(report)).toEqual([]);
      ran.push(report.ran.length === 1);
    }
    expect(ran).toEqual([true, false, true]);
  });

  test("the language of the user is not", async () => {
    const host = new Host();
    host.write("bin/thing", 'echo "${LC_ALL:-${LANG:-C}}"');
    for (const language of ["de_DE.UTF-8", "fr_FR.UTF-8"]) {
      vi.stubEnv("LANG", language);
      vi.stubEnv("LC_ALL", language);
      await using runner = localRunner({ searchPath: host.searchPath("bin") });
      const thing = tool.host("thing", { version: ["--version"] });
      expect(await runner.identify?.(thing, never)).toBe("C");
    }
  });

  test("a tool that cannot print it is told, with what it was asked", async () => {
    const host = new Host();
    host.write("bin/thing", "echo no such option >&2; exit 2");
    await using runner = localRunner({ searchPath: host.searchPath("bin") });
    const report = await run(runner, use({ version: ["--version"] }));
    expect(codes(report)).toEqual(["TOOL_FAILED"]);
    expect(report.errors[0]?.facts["asked"]).toBe(`${host.folder}/bin/thing --version`);
  });
});

describe("a tool is found", () => {
  /** A stand-in on the search path, the real one elsewhere, and a manager that knows. */
  const shimmed = (manager: (host: Host) => string): [Host, HostToolOptions] => {
    const host = new Host();
    host.write("shims/thing", "echo stand-in; exit 1");
    host.write("toolchain/bin/thing", "echo real");
    host.write("shims/manager", manager(host));
    return [host, { version: ["--version"], locate: ["manager", "which", "thing"] }];
  };
  const located = async ([host, options]: [Host, HostToolOptions]): Promise<string[]> => {
    await using runner = localRunner({ searchPath: host.searchPath("shims") });
    const report = await run(runner, use(options));
    return report.ok ? await logs(report) : codes(report);
  };

  test.each([
    ["by its path", (host: Host) => `echo "${host.folder}/toolchain/bin/thing"`],
    ["by the folder that it lies in", (host: Host) => `echo "${host.folder}/toolchain/bin/"`],
    ["on the last line", (host: Host) => `echo notes; echo "${host.folder}/toolchain/bin/thing"`],
  ])("where its manager says, %s", async (_, manager) => {
    expect(await located(shimmed(manager))).toEqual(["real\n"]);
  });

  test.each([
    ["fails", () => "exit 1"],
    ["prints no path", () => "echo info: not installed"],
    ["names a file that is not there", () => "echo /no/such/thing"],
    ["prints nothing", () => ":"],
  ])("on the search path when its manager %s", async (_, manager) => {
    const [host, { locate = [] }] = shimmed(manager);
    expect(await located([host, { locate }])).toEqual(["STAGE_FAILED"]);
  });

  test("on the search path when its manager is not there", async () => {
    const [host] = shimmed(() => ":");
    expect(await located([host, { locate: ["no-such-manager"] }])).toEqual(["STAGE_FAILED"]);
  });

  test("in the first folder of the search path that has it, relative ones left out", async () => {
    const host = new Host();
    host.write("a/other", "");
    host.write("b/thing", "echo b");
    host.write("c/thing", "echo c");
    writeFileSync(join(host.folder, "a", "thing"), "not executable");
    const searchPath = `.${delimiter}${delimiter}relative${delimiter}${host.searchPath("a", "b", "c")}`;
    await using runner = localRunner({ searchPath });
    expect(await logs(await run(runner, use({})))).toEqual(["b\n"]);
  });
});

describe("asking a tool", () => {
  test("is done once for all who want to know", async () => {
    const host = new Host();
    const thing = host.write("bin/thing", `echo asked >> ${host.folder}/log; echo 1.0`);
    await using runner = localRunner({ searchPath: host.searchPath("bin") });
    const asked = tool.host("thing", { version: ["--version"] });
    const answers = await Promise.all(
      [1, 2, 3].map(async () => await runner.identify?.(asked, never)),
    );
    expect(answers).toEqual(["1.0", "1.0", "1.0"]);
    expect(readFileSync(join(host.folder, "log"), "utf8")).toBe("asked\n");
    expect(existsSync(thing)).toBe(true);
  });

  test("is stopped when the build is", async () => {
    const host = new Host();
    const file = join(host.folder, "pid");
    host.write("bin/thing", `echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 1000`);
    await using runner = localRunner({ searchPath: host.searchPath("bin") });
    const cancel = new AbortController();
    const report = run(runner, use({ version: ["--version"] }), { signal: cancel.signal });
    await until("it is asked", () => existsSync(file));
    cancel.abort(new Error("enough"));
    expect((await report).outcome).toBe("cancelled");
    expect(isGone(Number(readFileSync(file, "utf8")))).toBe(true);
  });

  test("goes on for others when the build that asked first is cancelled", async () => {
    const host = new Host();
    const started = join(host.folder, "started");
    const answer = join(host.folder, "answer");
    host.write("bin/thing", `touch ${started}; while [ ! -e ${answer} ]; do :; done; echo 1.0`);
    await using runner = localRunner({ searchPath: host.searchPath("bin") });
    const cancel = new AbortController();
    const asked = tool.host("thing", { version: ["--version"] });
    const first = runner.identify?.(asked, cancel.signal);
    const second = runner.identify?.(asked, never);
    await until("it is asked", () => existsSync(started));
    cancel.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    writeFileSync(answer, "");
    expect(await second).toBe("1.0");
  });
});

describe("an answer is kept in the store, for a tool that says what decides it", () => {
  /** A manager that leads to a copy of a program of the system, and writes down that it was asked. */
  const managed = (): {
    readonly host: Host;
    readonly ask: (decidedBy?: ToolDecision, now?: () => number) => Promise<string>;
    readonly finder: (now: () => number) => ToolFinder;
    readonly identify: (finder: ToolFinder, decidedBy?: ToolDecision) => Promise<string>;
    readonly timesAsked: () => number;
  } => {
    const host = new Host();
    const { notes } = new MemoryStore();
    const log = join(host.folder, "log");
    host.write("bin/manager", `echo asked >> ${log}; cat ${host.folder}/choice`);
    for (const name of ["one", "other"]) {
      mkdirSync(join(host.folder, name));
      copyFileSync("/bin/echo", join(host.folder, name, "thing"));
    }
    writeFileSync(join(host.folder, "choice"), join(host.folder, "one"));
    const finder = (now: () => number): ToolFinder => new ToolFinder(host.searchPath("bin"), now);
    const identify = async (asked: ToolFinder, decidedBy?: ToolDecision): Promise<string> => {
      const thing = tool.host("thing", {
        version: ["1.0"],
        locate: ["manager"],
        ...(decidedBy && { decidedBy }),
      });
      expect(await asked.identify(thing, never, notes)).toBe("1.0");
      return await asked.find(thing, never);
    };
    return {
      host,
      finder,
      identify,
      ask: async (decidedBy, now = () => Date.now() + 60_000) =>
        await identify(finder(now), decidedBy),
      timesAsked: () => readFileSync(log, "utf8").split("\n").length - 1,
    };
  };

  test("as long as all of that looks the same", async () => {
    const { host, ask, timesAsked } = managed();
    const decidedBy = { files: [join(host.folder, "choice")], variables: ["CHOICE"] };
    expect(await ask(decidedBy)).toBe(join(host.folder, "one/thing"));
    expect(await ask(decidedBy)).toBe(join(host.folder, "one/thing"));
    expect(timesAsked()).toBe(1);

    // A file that decides.
    writeFileSync(join(host.folder, "choice"), join(host.folder, "other"));
    expect(await ask(decidedBy)).toBe(join(host.folder, "other/thing"));
    expect(timesAsked()).toBe(2);

    // A variable.
    vi.stubEnv("CHOICE", "another");
    await ask(decidedBy);
    expect(timesAsked()).toBe(3);

    // The program itself.
    copyFileSync("/bin/echo", join(host.folder, "other/thing"));
    await ask(decidedBy);
    expect(timesAsked()).toBe(4);

    // A program of that name that was not there.
    host.write("bin/thing", "echo none");
    await ask(decidedBy);
    expect(timesAsked()).toBe(5);
  });

  test("and of no other tool", async () => {
    const { ask, timesAsked } = managed();
    await ask();
    await ask();
    expect(timesAsked()).toBe(2);
  });

  test("unless something has just changed", async () => {
    const startedAt = Date.now();
    const { ask, timesAsked } = managed();
    await ask({}, () => startedAt);
    await ask({}, () => startedAt);
    expect(timesAsked()).toBe(2);
  });

  test("unless it was found before what decides it has changed", async () => {
    const { host, ask, finder, identify } = managed();
    const decidedBy = { files: [join(host.folder, "choice")] };
    let aheadMs = 0;
    const early = finder(() => Date.now() + aheadMs);
    await identify(early, decidedBy);
    writeFileSync(join(host.folder, "choice"), join(host.folder, "other"));
    // As if it had stood still for a minute.
    aheadMs = 60_000;
    await identify(early, decidedBy);
    expect(await ask(decidedBy)).toBe(join(host.folder, "other/thing"));
  });

  test("unless the program is a script, which may ask anybody", async () => {
    const { host, ask, timesAsked } = managed();
    host.write("one/thing", "echo 1.0");
    await ask({});
    await ask({});
    expect(timesAsked()).toBe(2);
  });
});
