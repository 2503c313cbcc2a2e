/**
 * A build script that lists a source, and prints what went wrong. Its arguments: the directory of the
 * source, a folder for scratch, and the store.
 *
 * @module
 */
import { build, BuildError, sh, source, stage, type Tree } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

const [directory = "", scratch = "", store = ""] = process.argv.slice(2);

const list = stage("list", ({ tree }: { tree: Tree }) => sh`ls ${tree}`);
await using runner = localRunner({ sandbox: "none", scratch });
try {
  await build(list({ tree: source(directory) }), { runner, store });
  process.stdout.write("{}");
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  const { code, message, facts, hint } = error;
  process.stdout.write(JSON.stringify({ code, message, facts, hint }));
}
