/**
 * Guarantee 6: outputs, as they are when a command has ended.
 *
 * @module
 */
import type { Handle } from "../../artifact/handle.ts";
import { parsePath } from "../../artifact/path.ts";
import type { BuildError } from "../../errors/build-error.ts";
import type { Command } from "../../graph/command.ts";
import { all } from "../../graph/group.ts";
import { out } from "../../graph/out.ts";
import { sh } from "../../graph/sh.ts";
import { entryAt } from "../../store/directories.ts";
import { call, codes, type Bench, type Check } from "./bench.ts";

/** Bytes of the large output. */
const largeBytes = 30 * 1024 * 1024;

/** Declares the tests. */
export function checkOutputs(check: Check): void {
  const file = (script: string): Command<{ o: "file" }> =>
    sh({ outputs: { o: out.file("o") } })`sh -ec ${script}`;
  const tree = (script: string): Command<{ o: "tree" }> =>
    sh({ outputs: { o: out.tree("o") } })`sh -ec ${script}`;
  const failure = async (bench: Bench, command: Command): Promise<BuildError | undefined> => {
    const report = await bench.tryBuild(call(command) as Handle);
    return report.errors[0];
  };

  check(6, "a missing output is reported with what was written instead", async (bench) => {
    bench.write({ input: "" });
    const options = { root: { in: bench.project }, outputs: { o: out.file("o/app") } };
    const script = "echo > o/app.exe; echo > other; mkdir folder; ln -s other link";
    const report = await bench.tryBuild(call(sh(options)`sh -ec ${script}`));
    bench.expect(codes(report)).toEqual(["OUTPUT_MISSING"]);
    bench.expect(report.errors[0]?.facts["produced"]).toBe("link, o/app.exe, other");
    bench.expect((await bench.run()).written).toEqual(["link", "o/app.exe", "other"]);
  });

  check(6, "an optional output may be missing", async (bench) => {
    const outputs = { a: out.file("a", { optional: true }), b: out.file("b", { optional: true }) };
    const report = await bench.build(call(sh({ outputs })`sh -c ${"echo > b"}`));
    bench.expect(report.ran).toEqual(["probe"]);
    bench.expect([...(await bench.run()).outputs.keys()]).toEqual(["b"]);
  });

  check(6, "what is not declared is not captured", async (bench) => {
    await bench.build(call(file("echo 1 > o; echo 2 > extra; mkdir p; echo 3 > p/q")));
    bench.expect([...(await bench.run()).outputs.keys()]).toEqual(["o"]);
  });

  check(6, "empty files and empty trees are outputs", async (bench) => {
    const outputs = { f: out.file("f"), t: out.tree("t") };
    const { f, t } = call(sh({ outputs })`sh -ec ${"touch f; mkdir t"}`);
    const report = await bench.build(all({ f, t }));
    bench.expect(await report.text(f)).toBe("");
    bench.expect(await report.list(t)).toEqual([]);
  });

  check(6, "trees keep exec bits, links inside and empty directories", async (bench) => {
    const script = `
      mkdir -p o/bin o/empty "o/two words"; echo x > o/bin/x; chmod 755 o/bin/x; echo y > o/y
      ln -s bin/x o/link; ln -s ../y "o/two words/up"; ln -s nowhere o/dangling`;
    const built = call(tree(script));
    const digest = await (await bench.build(all({ built }))).digest(built);
    const at = async (path: string): Promise<unknown> => {
      const entry = await entryAt(bench.store.content, digest, parsePath(path));
      return entry?.type === "symlink"
        ? entry.target
        : entry?.type === "file" && entry.isExecutable;
    };
    bench.expect(await at("bin/x")).toBe(true);
    bench.expect(await at("y")).toBe(false);
    bench.expect(await at("link")).toBe("bin/x");
    bench.expect(await at("two words/up")).toBe("../y");
    bench.expect(await at("dangling")).toBe("nowhere");
    const empty = await entryAt(bench.store.content, digest, parsePath("empty"));
    bench.expect(empty?.type).toBe("directory");
  });

  check(6, "a file that can be executed still can downstream", async (bench) => {
    const script = "printf '#!/bin/sh\\necho made and run' > o; chmod +x o";
    const made = call(file(script));
    bench.expect(await bench.print(sh`${made}`)).toBe("made and run\n");
  });

  check(6, "an output may be a link to what lies in the input root", async (bench) => {
    const linked = call(file("echo content > elsewhere; ln -s elsewhere o"));
    const report = await bench.build(all({ linked }));
    bench.expect(await report.text(linked)).toBe("content\n");
  });

  check(6, "an output that leads out of the input root is refused", async (bench) => {
    const leaving = [
      ["OUTPUT_WRONG_KIND", file, "ln -s /etc/passwd o"],
      ["OUTPUT_WRONG_KIND", file, "ln -s ../../../../../../../../etc/passwd o"],
      ["OUTPUT_WRONG_KIND", file, "ln -s nowhere o"],
      ["OUTPUT_WRONG_KIND", tree, "ln -s / o"],
      ["OUTPUT_WRONG_KIND", tree, "ln -s .. o"],
      ["OUTPUT_UNFIT", tree, "mkdir o; ln -s /etc/passwd o/link"],
      ["OUTPUT_UNFIT", tree, "mkdir o; ln -s ../../x o/link"],
    ] as const;
    for (const [code, kind, script] of leaving) {
      bench.expect((await failure(bench, kind(script)))?.code, script).toBe(code);
    }
  });

  check(6, "an output is refused when a folder on the way to it leads out", async (bench) => {
    const options = { outputs: { o: out.file("o/group") } };
    const report = await bench.tryBuild(call(sh(options)`sh -ec ${"rmdir o; ln -s /etc o"}`));
    bench.expect(codes(report)).toEqual(["OUTPUT_WRONG_KIND"]);
  });

  check(6, "an output of the wrong kind is refused", async (bench) => {
    const wrong = [
      [file, "mkdir o", "wrote a directory"],
      [tree, "echo > o", "wrote a file"],
      [file, "mkfifo o", "wrote a special file"],
    ] as const;
    for (const [kind, script, message] of wrong) {
      const error = await failure(bench, kind(script));
      bench.expect(error?.code, script).toBe("OUTPUT_WRONG_KIND");
      bench.expect(error?.message, script).toContain(message);
    }
    const error = await failure(bench, tree("mkdir o; mkfifo o/pipe"));
    bench.expect(error?.code).toBe("OUTPUT_UNFIT");
  });

  check(
    6,
    "an output that cannot be kept is a fault of the execution, which has its log",
    async (bench) => {
      const script = "echo printed; ln -s / o";
      bench.expect((await failure(bench, tree(script)))?.code).toBe("OUTPUT_WRONG_KIND");
      const { exitCode, fault, outputs, stdout } = await bench.run();
      bench.expect([exitCode, fault?.code, outputs.size]).toEqual([0, "OUTPUT_WRONG_KIND", 0]);
      bench.expect((await bench.store.content.read(stdout)).toString()).toBe("printed\n");
    },
  );

  check(6, "nothing is captured of a command that failed", async (bench) => {
    const report = await bench.tryBuild(call(file("echo > o; exit 3")));
    bench.expect(codes(report)).toEqual(["STAGE_FAILED"]);
    bench.expect((await bench.run()).outputs.size).toBe(0);
  });

  check(6, "outputs are as they are when the command's children have ended, too", async (bench) => {
    const script =
      "mkdir o; (trap '' TERM; i=0; while :; do i=$((i+1)); echo $i > o/$((i%9)); done) &";
    const busy = `${script}\nwhile [ ! -e o/8 ]; do :; done`;
    const { errors } = await bench.tryBuild(call(tree(busy)));
    bench.expect(errors).toEqual([]);
  });

  check(6, "a large output is captured", async (bench) => {
    const script = `head -c ${largeBytes} /dev/zero > o; printf end >> o`;
    const large = call(file(script));
    const report = await bench.build(all({ large }));
    bench.expect((await report.digest(large)).split("/")[1]).toBe(String(largeBytes + 3));
    const copied = sh({ root: { in: large } })`tail -c 5 in`;
    bench.expect(await bench.print(copied)).toBe("\0\0end");
  });
}
