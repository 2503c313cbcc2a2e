/**
 * A Rust workspace through `@ashlar/cargo`: lint, tests and package from the same dependencies.
 *
 *     node cargo.mjs PROJECT STORE WHAT JOBS
 *
 * `WHAT` is `chain` for all three, or `package`. Prints one line of JSON: which stages ran, and the external crates
 * that were compiled again.
 *
 * @module
 */
import { join } from "node:path";

import { build, cargo, localRunner, source, all } from "./api-cargo.mjs";

const [project = "", store = "", what = "chain", jobs = "2"] = process.argv.slice(2);
const rust = cargo({
  src: source(join(project, "workspace")),
  registry: source(join(project, "registry"), { gitignore: false }),
  env: { CARGO_BUILD_JOBS: jobs },
});
const crate = rust.buildPackage();
const targets =
  what === "package"
    ? crate
    : all({ clippy: rust.cargoClippy(), test: rust.cargoTest(), crate: crate });
const runner = localRunner({ trees: join(store, "trees") });
const report = await build(targets, { runner, store, slots: 2 });
const rebuilt = [];
for (const stage of report.stages.filter(({ name }) => report.ran.includes(name))) {
  rebuilt.push(...((await report.log(stage)).match(/external rebuilt: .*/g) ?? []));
}
await runner[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify({ ran: report.ran, rebuilt })}\n`);
