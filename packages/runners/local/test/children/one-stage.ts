/**
 * A build script of one stage, which does not dispose of its runner. Prints what became of it. Its
 * arguments: a folder for scratch, the stage's script, and whether the path is to be stable.
 *
 * @module
 */
import { MemoryStore, sh, stage, tryBuild } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

const [scratch = "", script = "", how = ""] = process.argv.slice(2);

const only = stage("only", () => sh({ stablePath: how === "stable" })`sh -c ${script}`);
const report = await tryBuild(only(), {
  runner: localRunner({ sandbox: "none", scratch, graceMs: 100 }),
  store: new MemoryStore(),
});
const codes = report.errors.map(({ code }) => code);
const logs = await Promise.all(report.stages.map(async (each) => await report.log(each)));
process.stdout.write(JSON.stringify({ codes, log: logs.join("") }));
