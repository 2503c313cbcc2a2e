/**
 * Guarantees 10 to 12 and 16: how runs are told apart, and what is the same of all.
 *
 * @module
 */
import { attempt } from "../../graph/attempt.ts";
import { all } from "../../graph/group.ts";
import { out } from "../../graph/out.ts";
import { sh } from "../../graph/sh.ts";
import { call, codes, type Check } from "./bench.ts";

/** Digests of an input root, and of what a command makes of it: a tree, and both streams of its log. */
const everywhere: readonly string[] = [
  "9c885c288db1e20373351d1062c3b7a9b03cc337f8edbf5611d08a7ce27e5696/79",
  "67551a800f619f9a39d40d409b40d8b6f34a6e2911de08ba99fb72dc1008ec02/312",
  "762069bc07a6e1b5df123a5ae7bd91c10daa04694fbaa17fba0cd6a8dcce8f22/3",
  "d9eb253e06987fa74a5d3189f73d9f7a8104cca786fafbb52bc9555972f5477f/3",
];

/** Declares the tests. */
export function checkResults(check: Check): void {
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
