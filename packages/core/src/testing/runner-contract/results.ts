/**
 * Guarantees 6, 7, 10 to 12 and 16: what is taken from a run.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import type { Handle } from "../../artifact/handle.ts";
import { parsePath } from "../../artifact/path.ts";
import type { BuildError } from "../../errors/build-error.ts";
import { attempt } from "../../graph/attempt.ts";
import type { Command } from "../../graph/command.ts";
import { all } from "../../graph/group.ts";
import { out } from "../../graph/out.ts";
import { sh } from "../../graph/sh.ts";
import { entryAt } from "../../store/directories.ts";
import { DiskStore } from "../../store/disk-store.ts";
import { call, codes, type Bench, type Check } from "./bench.ts";

/** Bytes of the large output. */
const largeBytes = 30 * 1024 * 1024;

/** Bytes of the long log. A store in memory keeps all of it there, so it gets less. */
const longBytes = { memory: 20 * 1024 * 1024, disk: 100 * 1024 * 1024 };

/** Memory that a long log may take on its way, whatever its length. */
const logMemoryBytes = 16 * 1024 * 1024;

/** Digests of an input root, and of what a command makes of it: a tree, and both streams of its log. */
const everywhere: readonly string[] = [
  "9c885c288db1e20373351d1062c3b7a9b03cc337f8edbf5611d08a7ce27e5696/79",
  "67551a800f619f9a39d40d409b40d8b6f34a6e2911de08ba99fb72dc1008ec02/312",
  "762069bc07a6e1b5df123a5ae7bd91c10daa04694fbaa17fba0cd6a8dcce8f22/3",
  "d9eb253e06987fa74a5d3189f73d9f7a8104cca786fafbb52bc9555972f5477f/3",
];

/** Declares the tests. */
export function checkResults(check: Check): void {
  checkOutputs(check);
  checkLogs(check);

  check(10, "twenty runs at once do not meet", async (bench) => {
    for (let n = 0; n < 20; n++) bench.write({ [`${n}/in`]: `content ${n}` });
    const copies = Array.from({ length: 20 }, (_, n) => {
      const options = {
        root: { in: bench.project.file(`${n}/in`) },
        outputs: { o: out.file("o") },
      };
      return call(sh(options)`sh -ec ${"test ! -e o; cat in > o; cat o; test $(ls | wc -l) = 2"}`);
    });
    const report = await bench.build(copies, { slots: 20 });
    for (const [n, copy] of copies.entries()) {
      bench.expect(await report.text(copy)).toBe(`content ${n}`);
    }
  });

  check(10, "one action, run many times at once, gives the same each time", async (bench) => {
    const script = "mkdir -p o/d/e; echo x > o/x; chmod +x o/x; ln -s x o/l; echo printed";
    await bench.build(call(sh({ outputs: { o: out.tree("o") } })`sh -ec ${script}`));
    const executions = await Promise.all(Array.from({ length: 10 }, async () => await bench.run()));
    const seen = executions.map(({ exitCode, outputs, stdout, stderr }) =>
      JSON.stringify([exitCode, [...outputs], stdout, stderr]),
    );
    bench.expect(new Set(seen).size).toBe(1);
  });

  check(16, "what is captured has the digests that it has everywhere", async (bench) => {
    const script = `
      umask 077; mkdir -p t/bin t/empty; printf 'plain\\n' > t/plain; ln -s ../plain t/bin/link
      printf '#!/bin/sh\\n' > t/bin/run; chmod 700 t/bin/run; chmod 400 t/plain
      touch -t 203001010000 t/plain; cp -RP laid t/laid; printf out; printf err >&2`;
    bench.write({ "a/run": "#!/bin/sh\n", "a/plain": "", "b/": "" }).allow("a/run");
    bench.link("b/l", "../a/plain");
    const options = { root: { laid: bench.project }, outputs: { t: out.tree("t") } };
    const made = call(sh(options)`sh -ec ${script}`);
    const report = await bench.build(all({ t: made.t }));
    const { inputRoot } = bench.last.action;
    const [{ stdout, stderr } = {}] = report.stages;
    bench.expect([inputRoot, await report.digest(made.t), stdout, stderr]).toEqual(everywhere);
  });

  check(12, "outputs of an attempt are captured whatever its exit code", async (bench) => {
    const outputs = {
      there: out.file("there"),
      tree: out.tree("tree"),
      missing: out.file("missing"),
    };
    const script = "echo bytes > there; mkdir tree; echo printed; exit 3";
    const made = call(attempt(sh({ outputs })`sh -ec ${script}`));
    const report = await bench.build(all({ made }));
    bench.expect(await report.text(made.exitCode)).toBe("3\n");
    bench.expect(await report.text(made.stdout)).toBe("printed\n");
    bench.expect(await report.text(made.there)).toBe("bytes\n");
    bench.expect([...(await bench.run()).outputs.keys()]).toEqual(["there", "tree"]);
  });

  check(
    12,
    "of a command that failed, what says so is captured, and nothing else",
    async (bench) => {
      const outputs = {
        report: out.file("report", { evenIfFailed: true }),
        missing: out.tree("missing", { evenIfFailed: true }),
        app: out.file("app"),
      };
      const made = call(sh({ outputs })`sh -ec ${"echo red > report; echo half > app; exit 1"}`);
      const report = await bench.tryBuild(all({ made }));
      bench.expect(codes(report)).toEqual(["STAGE_FAILED"]);
      bench.expect(await report.text(made.report)).toBe("red\n");
      bench.expect([...(await bench.run()).outputs.keys()]).toEqual(["report"]);
    },
  );

  check(12, "an attempt that a signal ended has no exit code", async (bench) => {
    const report = await bench.tryBuild(call(attempt(sh`sh -c ${"kill -KILL $$"}`)));
    bench.expect(codes(report)).toEqual(["STAGE_FAILED"]);
  });

  for (const exitCode of [0, 1, 127, 255]) {
    check(11, `exit code ${exitCode} is reported`, async (bench) => {
      const report = await bench.tryBuild(call(sh`sh -c ${`exit ${exitCode}`}`));
      bench.expect(codes(report)).toEqual(exitCode === 0 ? [] : ["STAGE_FAILED"]);
      const execution = await bench.run();
      bench.expect(execution.exitCode).toBe(exitCode);
      bench.expect(execution.endedBy).toBe(undefined);
    });
  }

  for (const signal of ["SIGKILL", "SIGTERM", "SIGSEGV"]) {
    check(11, `death by ${signal} is reported`, async (bench) => {
      const report = await bench.tryBuild(call(sh`sh -c ${`kill -${signal.slice(3)} $$`}`));
      bench.expect(codes(report)).toEqual(["STAGE_FAILED"]);
      bench.expect(report.errors[0]?.message).toContain(signal);
      const execution = await bench.run();
      bench.expect(execution.exitCode).toBe(undefined);
      bench.expect(execution.endedBy).toBe(signal);
    });
  }
}

function checkOutputs(check: Check): void {
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

function checkLogs(check: Check): void {
  check(7, "bytes of both streams are kept as they are", async (bench) => {
    const script =
      "printf '\\000\\377\\n\\r\\n\\303'; printf '\\251 out' ; printf '\\376err\\n\\n' >&2";
    const bytes = await bench.bytes(sh`sh -c ${script}`);
    bench
      .expect(bytes.toString("hex"))
      .toBe(Buffer.from([0, 255, 10, 13, 10, 0xc3, 0xa9, ...Buffer.from(" out")]).toString("hex"));
    const { stderr } = await bench.run();
    const errors = await bench.store.content.read(stderr);
    bench.expect(errors.toString("latin1")).toBe("\u00feerr\n\n");
  });

  check(7, "what is passed on is what is kept, each stream in its order", async (bench) => {
    const script = "i=0; while [ $i -lt 500 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done";
    await bench.build(call(sh`sh -c ${script}`));
    const heard = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
    const { stdout, stderr } = await bench.run({
      onLog: (stream, chunk) => heard[stream].push(Buffer.from(chunk)),
    });
    for (const [stream, digest] of Object.entries({ stdout, stderr })) {
      const kept = (await bench.store.content.read(digest)).toString();
      const lines = Array.from({ length: 500 }, (_, n) => `${stream.slice(3)} ${n}\n`);
      bench.expect(kept).toBe(lines.join(""));
      bench.expect(Buffer.concat(heard[stream as "stdout"]).toString()).toBe(kept);
    }
  });

  check(7, "what many print at once is the log of each", async (bench) => {
    const print = "echo $N; cat /dev/null; ls / > /dev/null; echo $N";
    const printing = Array.from({ length: 60 }, (_, n) =>
      call(sh({ env: { N: n } })`sh -c ${print}`),
    );
    const report = await bench.build(printing, { slots: 6 });
    const logs = await Promise.all(report.stages.map(async (stage) => await report.log(stage)));
    const expected = printing.map((_, n) => `${n}\n${n}\n`);
    bench.expect(logs.toSorted()).toEqual(expected.toSorted());
  });

  check(7, "the log of a command that failed is kept, too", async (bench) => {
    await bench.tryBuild(call(sh`sh -c ${"echo the last words; exit 1"}`));
    const { stdout } = await bench.run();
    bench.expect((await bench.store.content.read(stdout)).toString()).toBe("the last words\n");
  });

  check(7, "a long log takes little memory", async (bench) => {
    await bench.build(call(sh`sh -c ${"echo short"}`));
    const size = bench.store instanceof DiskStore ? longBytes.disk : longBytes.memory;
    const before = heldBytes();
    let most = 0;
    let heard = 0;
    const onLog = (_: string, chunk: Uint8Array): void => {
      const isNext = Math.trunc(heard / 4e6) < Math.trunc((heard + chunk.byteLength) / 4e6);
      heard += chunk.byteLength;
      if (isNext) most = Math.max(most, heldBytes() - before);
    };
    const argv = ["sh", "-c", `head -c ${size} /dev/zero`];
    const { stdout } = await bench.run({ onLog }, { argv });
    bench.expect(heard).toBe(size);
    bench.expect(stdout.split("/")[1]).toBe(String(size));
    bench.expect(most).toBeLessThan(logMemoryBytes);
  });
}

/** Bytes of all buffers that are in use, after garbage has been collected. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().arrayBuffers;
}
