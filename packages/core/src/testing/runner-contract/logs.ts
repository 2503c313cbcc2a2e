/**
 * Guarantee 7: what commands print.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { sh } from "../../graph/sh.ts";
import { DiskStore } from "../../store/disk-store.ts";
import { call, type Check } from "./bench.ts";

/** Bytes of the long log. A store in memory keeps all of it there, so it gets less. */
const longBytes = { memory: 20 * 1024 * 1024, disk: 100 * 1024 * 1024 };

/** Memory that a long log may take on its way, whatever its length. */
const logMemoryBytes = 16 * 1024 * 1024;

/** Declares the tests. */
export function checkLogs(check: Check): void {
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
