/**
 * Guarantees 3, 4 and 5: where a command starts, its environment, and its tools.
 *
 * @module
 */
import * as fs from "node:fs";

import type { CommandOptions } from "../../graph/command.ts";
import { sh } from "../../graph/sh.ts";
import { tool } from "../../graph/tool.ts";
import { call, codes, rejection, type Bench, type Check } from "./bench.ts";

/** Declares the tests. */
export function checkSurroundings(check: Check): void {
  check(3, "the command starts in `cwd`", async (bench) => {
    bench.write({ "a/b/here": "yes", "a/up": "up" });
    const script = 'cat here ../up; basename "$(pwd)"; ls -A';
    const printed = await bench.print(
      sh({ root: { ".": bench.project }, cwd: "a/b" })`sh -ec ${script}`,
    );
    bench.expect(printed).toBe("yesupb\nhere\n");
  });

  check(3, "standard input is closed", async (bench) => {
    bench.expect(await bench.print(sh`cat`)).toBe("");
  });

  check(3, "the command has no children that it did not start", async (bench) => {
    const script = `
      list=/proc/$$/task/$$/children
      if [ -r $list ]; then read -r children < $list; fi; echo "[$children]"`;
    bench.expect(await bench.print(sh`sh -c ${script}`)).toBe("[]\n");
  });

  check(
    3,
    "a command at a stable place sees the same path each time, also at once",
    async (bench) => {
      const at = (n: number): ReturnType<typeof call> =>
        call(
          sh({
            stablePath: true,
            env: { N: n },
          })`sh -c ${'pwd; cd ..; pwd; echo "$HOME" "$TMPDIR"'}`,
        );
      const report = await bench.build([at(1), at(2), at(3), at(4)], { slots: 4 });
      bench.expect((await bench.run()).stdout).toBe(report.stages[0]?.stdout);
      const seen = await Promise.all(report.stages.map(async (stage) => await report.log(stage)));
      bench.expect(new Set(seen).size).toBe(1);
    },
  );

  for (const stablePath of [false, true]) {
    const where = stablePath ? ", at a stable place too" : "";

    check(4, `the environment is exact${where}`, async (bench) => {
      const declared = {
        PLAIN: "value",
        EMPTY: "",
        LINES: "a\nb\n",
        SPACES: " a  b ",
        UNICODE: "ü🧱",
        // Names that no shell has for a variable of its own.
        "CC_x86_64-unknown-linux-gnu": "dashes",
        "a.b": "dot",
        é: "no letter",
        // And those that shells set.
        PWD: "/nowhere",
        OLDPWD: "/never",
        SHLVL: "7",
        IFS: "x",
        _: "under",
      };
      const { PATH, HOME, TMPDIR, ...others } = await environment(bench, {
        env: declared,
        stablePath,
      });
      bench.expect(others).toEqual(declared);
      for (const added of [PATH, HOME, TMPDIR]) bench.expect(typeof added).toBe("string");
    });

    check(4, `nothing is added to an environment that names all${where}`, async (bench) => {
      const declared = { PATH: "/nothing", HOME: "/nowhere", TMPDIR: "/never" };
      bench.expect(await environment(bench, { env: declared, stablePath })).toEqual(declared);
    });
  }

  check(4, "`HOME` and `TMPDIR` are empty directories of its own", async (bench) => {
    const script = `
      ls -A "$HOME" "$TMPDIR" | grep -v ":$" | grep . && exit 1
      case $HOME$TMPDIR in "$PWD"*) exit 2;; esac
      test "$HOME" != "$TMPDIR" || exit 3
      echo mine > "$HOME/file"; echo mine > "$TMPDIR/file"
      cat "$HOME/file"`;
    const at = (n: number): ReturnType<typeof call> => call(sh({ env: { N: n } })`sh -c ${script}`);
    const report = await bench.build([at(1), at(2), at(3)], { slots: 3 });
    bench.expect(report.ran.length).toBe(3);
    bench.expect((await bench.run()).exitCode).toBe(0);
  });

  check(5, "`PATH` leads to the declared tools, and to nothing else", async (bench) => {
    const tools = [tool.host("sh"), tool.host("cat")];
    const script = "for name in cat sh ls env; do command -v $name > out || echo no $name; done";
    bench.expect(await bench.print(sh({ tools })`sh -c ${script}`)).toBe("no ls\nno env\n");
    bench.expect(await bench.print(sh({ tools })`sh -c ${"echo works | cat"}`)).toBe("works\n");
  });

  check(5, "without declared tools, `PATH` leads to the system's", async (bench) => {
    bench
      .expect(await bench.print(sh`sh -c ${"ls / > /dev/null && env true && echo yes"}`))
      .toBe("yes\n");
  });

  check(5, "a tool that is declared twice is one tool", async (bench) => {
    const tools = [tool.host("sh"), tool.host("echo"), tool.host("sh")];
    bench.expect(await bench.print(sh({ tools })`sh -c ${"echo once"}`)).toBe("once\n");
  });

  for (const stablePath of [false, true]) {
    const where = stablePath ? ", at a stable place too" : "";

    check(5, `a tool of the input root finds what lies beside it${where}`, async (bench) => {
      const greet = [
        "#!/bin/sh",
        `place=\${0%/*}`,
        'read -r greeting < "$place/../lib/greeting" && echo "$greeting" "$@"',
      ];
      bench.write({ "it's/bin/greet": greet.join("\n"), "it's/bin/other": "#!/bin/sh\necho no" });
      bench.write({ "it's/lib/greeting": "hello\n" });
      bench.allow("it's/bin/greet").allow("it's/bin/other").link("it's/hello", "bin/greet");
      const own = bench.project.dir("it's");
      const tools = [tool.host("sh"), tool.from(own, "bin/greet")];
      const options = { tools, stablePath, root: { "src/code": bench.project }, cwd: "src" };
      bench.expect(await bench.print(sh(options)`greet ${"a  b"}`)).toBe("hello a  b\n");
      const started = await bench.print(sh(options)`sh -c ${"greet you; other || greet alone"}`);
      bench.expect(started).toBe("hello you\nhello alone\n");
    });
  }

  check(5, "a tool of the input root may be a link, and have another name", async (bench) => {
    bench.write({ "bin/one": "#!/bin/sh\necho one" }).allow("bin/one").link("two", "bin/one");
    const named = tool.from(bench.project, "two", { name: "three" });
    const tools = [tool.host("sh"), named, tool.from(bench.project.file("bin/one"))];
    const script = "three; one; two || echo none";
    bench.expect(await bench.print(sh({ tools })`sh -c ${script}`)).toBe("one\none\nnone\n");
    bench.expect(await bench.print(sh({ tools })`three`)).toBe("one\n");
  });

  check(5, "a tool of the input root may be a program", async (bench) => {
    // The shell itself, as a file that is nowhere else.
    const shell = ["/bin/dash", "/bin/sh"].find((path) => fs.existsSync(path)) ?? "/bin/sh";
    bench.write({ "bin/shell": fs.readFileSync(shell) }).allow("bin/shell");
    const tools = [tool.from(bench.project, "bin/shell")];
    bench.expect(await bench.print(sh({ tools })`shell -c ${"echo works"}`)).toBe("works\n");
    const again = "shell -c 'shell -c \"echo works\"'";
    bench.expect(await bench.print(sh({ tools })`shell -c ${again}`)).toBe("works\n");
  });

  check(5, "a tool that is not there is `TOOL_NOT_FOUND`, with its hint", async (bench) => {
    const tools = [tool.host("sh"), tool.host("no-such-tool", { hint: "mine it yourself" })];
    const report = await bench.tryBuild(call(sh({ tools })`sh -c ${"echo"}`));
    bench.expect(codes(report)).toEqual(["TOOL_NOT_FOUND"]);
    bench.expect(report.errors[0]?.message).toContain("`no-such-tool`");
    bench.expect(report.errors[0]?.hint).toBe("mine it yourself");
  });

  check(
    5,
    "a program that is not there is `COMMAND_NOT_FOUND`, and names the tools",
    async (bench) => {
      const tools = [tool.host("sh"), tool.host("cat")];
      const report = await bench.tryBuild(call(sh({ tools })`catt file`));
      bench.expect(codes(report)).toEqual(["COMMAND_NOT_FOUND"]);
      bench.expect(report.errors[0]?.facts["declared tools"]).toBe("sh, cat");
      bench.expect(report.errors[0]?.hint).toContain("`cat`");
    },
  );

  check(5, "a program by its path is found in the working directory", async (bench) => {
    bench.write({ "bin/run": "#!/bin/sh\necho it runs", "bin/text": "echo" }).allow("bin/run");
    const options = { root: { tools: bench.project }, cwd: "tools" };
    bench.expect(await bench.print(sh(options)`bin/run`)).toBe("it runs\n");
    bench.expect(await bench.print(sh(options)`./bin/run`)).toBe("it runs\n");
    for (const missing of ["bin/none", "bin/text", "bin", "./"]) {
      const report = await bench.tryBuild(call(sh(options)`${missing}`));
      bench.expect(codes(report), missing).toEqual(["COMMAND_NOT_FOUND"]);
    }
  });

  check(
    5,
    "a tool is told apart by what it prints, and found by what its manager says",
    async (bench) => {
      const identify = bench.runner.identify?.bind(bench.runner);
      const located = tool.host("node", {
        version: ["--version"],
        locate: [process.execPath, "-p", "process.execPath"],
      });
      bench.expect(await bench.print(sh({ tools: [located] })`node -p ${"6 * 7"}`)).toBe("42\n");
      if (identify === undefined) return;
      const { signal } = new AbortController();
      bench.expect(await identify(located, signal)).toContain(process.version);
      const failing = tool.host("node", { version: ["--no-such-option"] });
      bench.expect(await rejection(identify(failing, signal))).toBe("TOOL_FAILED");
    },
  );
}

/** The environment that a command of these options sees. */
async function environment(
  bench: Bench,
  options: CommandOptions,
): Promise<Readonly<Record<string, string>>> {
  const script = "process.stdout.write(JSON.stringify(process.env))";
  const printed = await bench.print(sh(options)`${process.execPath} -e ${script}`);
  const { __CF_USER_TEXT_ENCODING: _, ...seen } = JSON.parse(printed) as Record<string, string>;
  return seen;
}
