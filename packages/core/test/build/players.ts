import type { Action, Execution, RunContext, Runner, Value } from "../../src/runner/runner.ts";
/**
 * A runner for the tests of building itself: each stage gives what its argument list says.
 *
 * @module
 */
import { writeTree } from "../../src/store/write-tree.ts";

/** Every file output holds the argument list, every tree output a file `argv` with it; `fail` fails. */
export function echoRunner(): Runner & { readonly names: string[] } {
  const names: string[] = [];
  return {
    name: "echo",
    platform: [{ name: "runner", value: "echo" }],
    hermeticity: "mock",
    names,
    async run(action: Action, { content }: RunContext): Promise<Execution> {
      names.push(action.name);
      const text = action.argv.join(" ");
      const outputs = new Map<Action["outputs"][number]["path"], Value>();
      for (const { path, kind, isOptional } of action.outputs) {
        if (isOptional) continue;
        const file = await content.write(Buffer.from(text));
        const tree = await writeTree(content, { argv: text, "sub/empty/": "" });
        const value: Value =
          kind === "file" ? { kind, digest: file, isExecutable: false } : { kind, digest: tree };
        outputs.set(path, value);
      }
      const empty = await content.write(new Uint8Array());
      return {
        exitCode: action.argv[0] === "fail" ? 1 : 0,
        endedBy: undefined,
        outputs,
        written: [],
        stdout: empty,
        stderr: empty,
        startedAt: 5,
        finishedAt: 8,
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}
