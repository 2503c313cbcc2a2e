/**
 * A Rust workspace through `@ashlar/cargo`: lint, tests and package from the same dependencies.
 *
 *     node cargo.mjs PROJECT STORE WHAT JOBS [SEED]
 *
 * `WHAT` is `chain` for all three, or `package`. With `SEED`, dependencies start from those of the last time. Prints one
 * line of JSON: which stages ran, the external crates that each stage of dependencies compiled, and those that were
 * compiled again elsewhere.
 *
 * @module
 */
import { join } from "node:path";

import { build, cargo, localRunner, source, all } from "./api-cargo.mjs";

const [project = "", store = "", what = "chain", jobs = "2", seed] = process.argv.slice(2);
const rust = cargo({
  src: source(join(project, "workspace")),
  registry: source(join(project, "registry"), { gitignore: false }),
  env: { CARGO_BUILD_JOBS: jobs },
  inner: true,
  ...(seed !== undefined && { seed }),
});
const crate = rust.buildPackage();
const targets =
  what === "package"
    ? crate
    : all({ clippy: rust.cargoClippy(), test: rust.cargoTest(), crate: crate });
const runner = localRunner({ trees: join(store, "trees") });
const report = await build(targets, { runner, store, slots: 2 });
const rebuilt = [];
/** @type {Record<string, string[]>} */
const compiled = {};
for (const stage of report.stages.filter(({ name }) => report.ran.includes(name))) {
  const log = await report.log(stage);
  rebuilt.push(...(log.match(/external rebuilt: .*/g) ?? []));
  const passes = [...log.matchAll(/^compiled dependencies: (.*); fresh units: \d+$/gm)];
  if (passes.length === 0) continue;
  const crates = passes.flatMap(([, list = "none"]) => (list === "none" ? [] : list.split(", ")));
  compiled[stage.name] = [...new Set(crates)].toSorted();
}
await runner[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify({ ran: report.ran, compiled, rebuilt })}\n`);
