/**
 * Guarantee 14: caches are at their places, and stay as commands leave them.
 *
 * @module
 */
import { attempt } from "../../graph/attempt.ts";
import { cache } from "../../graph/cache.ts";
import { out } from "../../graph/out.ts";
import { sh } from "../../graph/sh.ts";
import { call, codes, type Bench, type Check } from "./bench.ts";

/** Declares the tests. */
export function checkCaches(check: Check): void {
  for (const stablePath of [false, true]) {
    const where = stablePath ? ", at a stable place too" : "";
    check(
      14,
      `a cache is an empty directory at first, and then as it was left${where}`,
      async (bench) => {
        const root = {
          ".": bench.write({ "src/a": "a" }).project,
          "deep/in/cache": cache("things"),
        };
        const first = call(
          sh({
            root,
            stablePath,
          })`sh -ec ${"ls -A deep/in/cache; mkdir deep/in/cache/d; echo one > deep/in/cache/d/f"}`,
        );
        const second = call(
          sh({
            root,
            stablePath,
          })`sh -ec ${"cat deep/in/cache/d/f src/a; echo two >> deep/in/cache/d/f"}`,
        );
        const third = call(sh({ root, stablePath })`sh -ec ${"cd deep/in/cache/d; cat f; rm f"}`);
        const last = call(sh({ root, stablePath })`sh -ec ${"find deep/in/cache/"}`);
        const chain = last.after(third.after(second.after(first)));
        const report = await bench.build(chain);
        const logs = await Promise.all(report.stages.map(async (stage) => await report.log(stage)));
        bench
          .expect(logs)
          .toEqual(["", "one\na", "one\ntwo\n", "deep/in/cache/\ndeep/in/cache/d\n"]);
        bench.expect(report.stages[0]?.ranBy?.endsWith("+cache")).toBe(true);
      },
    );
  }

  check(14, "what a command that fails leaves in a cache stays", async (bench) => {
    const options = { root: { c: cache("things") } };
    const failing = call(attempt(sh(options)`sh -c ${"echo left > c/f; exit 3"}`));
    const after = call(sh(options)`cat c/f`).after(failing);
    const report = await bench.build(after);
    bench.expect(await report.log(report.stages[1] as never)).toBe("left\n");
  });

  check(14, "one cache may be at several places, and several in one command", async (bench) => {
    const root = { a: cache("things"), b: cache("things"), c: cache("others") };
    const script = "echo x > a/f; cat b/f; ls -A c";
    bench.expect(await bench.print(sh({ root })`sh -ec ${script}`)).toBe("x\n");
  });

  check(14, "nothing of a cache is captured, or counts as written", async (bench) => {
    const root = { c: cache("things") };
    const script = "echo > c/f; echo > written";
    const missing = sh({ root, outputs: { o: out.file("o") } })`sh -ec ${script}`;
    const report = await bench.tryBuild(call(missing));
    bench.expect(codes(report)).toEqual(["OUTPUT_MISSING"]);
    bench.expect(report.errors[0]?.facts["produced"]).toBe("written");
    const linked = sh({ root, outputs: { o: out.file("o") } })`sh -ec ${"echo > c/f; ln -s c/f o"}`;
    bench.expect(await codeOf(bench, linked)).toBe("OUTPUT_WRONG_KIND");
  });
}

async function codeOf(bench: Bench, command: Parameters<typeof call>[0]): Promise<unknown> {
  return codes(await bench.tryBuild(call(command) as never))[0];
}
