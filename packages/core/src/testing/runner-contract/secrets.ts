/**
 * Guarantee 13: the command gets the values of its secrets, and nothing else does.
 *
 * @module
 */
import { digestBytes } from "../../digest/digest.ts";
import type { CommandOptions } from "../../graph/command.ts";
import { out, type Out } from "../../graph/out.ts";
import { secret } from "../../graph/secret.ts";
import { sh } from "../../graph/sh.ts";
import { call, codes, type Bench, type Check } from "./bench.ts";

/** With all that a shell, a log or a message might treat in a way of its own. */
const value = 's3cret "quoted" $(echo no) \\ ü🧱\nsecond line';
const token = secret("TOKEN", { from: () => value });
const plain = secret("PLAIN", { from: () => "s3cret-and-plain" });

/** Declares the tests. */
export function checkSecrets(check: Check): void {
  for (const stablePath of [false, true]) {
    const where = stablePath ? ", at a stable place too" : "";
    check(13, `values come as they are, as variables and in arguments${where}`, async (bench) => {
      const expected = Buffer.from(value).toString("hex");
      const script = `
        const hex = (text) => Buffer.from(text).toString("hex");
        const [all, part, text] = process.argv.slice(1);
        const part2 = part.slice(2, -2);
        console.log([process.env.T, all, part2].every((each) => hex(each) === "${expected}"), text);`;
      const options: CommandOptions = { env: { T: token }, stablePath };
      const command = sh(
        options,
      )`${process.execPath} -e ${script} -- ${token} "a ${token} b" ${"<secret TOKEN>"}`;
      bench.expect(await bench.print(command)).toBe("true <secret TOKEN>\n");
      bench.expect(bench.last.action.argv[4]).toBe("<secret TOKEN>");
      bench.expect(bench.last.action.env["T"]).toBe("<secret TOKEN>");
    });
  }

  check(13, "`***` stands for values in what is printed, passed on and kept", async (bench) => {
    const script = 'printf "<%s>" "$T"; printf "%s%s" "$T" end >&2; printf "%.9s" "$T"; exit 3';
    const report = await bench.tryBuild(call(sh({ env: { T: token } })`sh -c ${script}`));
    bench.expect(codes(report)).toEqual(["STAGE_FAILED"]);
    const heard = { stdout: "", stderr: "" };
    const { stdout, stderr } = await bench.run({
      onLog: (stream, chunk) => void (heard[stream] += Buffer.from(chunk).toString()),
    });
    bench.expect(heard).toEqual({ stdout: `<***>${value.slice(0, 9)}`, stderr: "***end" });
    for (const [stream, digest] of Object.entries({ stdout, stderr })) {
      const kept = (await bench.store.content.read(digest)).toString();
      bench.expect(kept).toBe(heard[stream as "stdout"]);
    }
  });

  check(13, "a long log is covered up to its end", async (bench) => {
    const script =
      'i=0; while [ $i -lt 3000 ]; do printf "%0100d %s\\n" $i "$T"; i=$((i+1)); done; printf "%s" "$T"';
    const printed = await bench.print(sh({ env: { T: plain } })`sh -c ${script}`);
    bench.expect(printed.includes("s3cret")).toBe(false);
    bench.expect(printed.match(/\*\*\*/g)?.length).toBe(3001);
    bench.expect(printed.length).toBe(3000 * 105 + 3);
  });

  const leaks: Readonly<Record<string, readonly [script: string, output: Out, at: string]>> = {
    "a file": ['printf "%s" "$T" > o', out.file("o"), "o"],
    "a file in a tree": ['mkdir -p o/d; printf "%s" "$T" > o/d/f', out.tree("o"), "o/d/f"],
    "a name": ['mkdir o; touch "o/$T"', out.tree("o"), "o"],
    "the target of a link": ['mkdir o; ln -s "$T" o/l', out.tree("o"), "o"],
  };
  for (const [what, [script, o, path]] of Object.entries(leaks)) {
    check(13, `a value in ${what} of an output is a fault, and is not stored`, async (bench) => {
      const options = { env: { T: plain }, outputs: { o } };
      const loud = `echo printed; ${script}`;
      const report = await bench.tryBuild(call(sh(options)`sh -ec ${loud}`) as never);
      bench.expect(codes(report)).toEqual(["SECRET_IN_OUTPUT"]);
      bench.expect(report.errors[0]?.facts["output"]).toBe(path);
      bench.expect(await isStored(bench, "s3cret-and-plain")).toBe(false);
      const { exitCode, fault, stdout } = await bench.run();
      bench.expect([exitCode, fault?.code]).toEqual([0, "SECRET_IN_OUTPUT"]);
      bench.expect((await bench.store.content.read(stdout)).toString()).toBe("printed\n");
    });
  }
}

async function isStored(bench: Bench, text: string): Promise<boolean> {
  return (await bench.store.content.missing([digestBytes(Buffer.from(text))])).length === 0;
}
