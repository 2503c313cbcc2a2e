/**
 * `cargo`: a Rust workspace on serde, tokio and clap, against the same cargo commands by hand.
 *
 * Cold, nothing changed, after an edit of one source file, and after a new version of one dependency.
 *
 * @module
 */
import { appendFileSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { firstLine, run } from "../measure/child.mjs";
import { absent, inRounds } from "../measure/rounds.mjs";
import { runCargo, writeRustProject } from "../peers/rust-project.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";
import { check } from "./bench.mjs";
import { bumpRows } from "./cargo-bump.mjs";

/** As many as cargo takes by itself. Two stages run at a time, so there may be twice as many. */
const jobs = availableParallelism();

const chain = [
  ["clippy", "--workspace", "--all-targets"],
  ["test", "--workspace"],
  ["build", "--workspace"],
];

/** @type {import("./bench.mjs").Bench} */
export const cargo = {
  name: "cargo",
  about: "A Rust workspace on serde, tokio and clap: clippy, tests and package.",
  unit: "ms",
  runs: 3,
  goals: [
    { row: "cold, ashlar", peer: "cold, cargo", limit: 1.15 },
    { row: "nothing, ashlar", limit: 300, unit: "ms" },
    { row: "nothing, ashlar", peer: "nothing, cargo and node", limit: 1 },
    { row: "edit, ashlar", peer: "edit, cargo", limit: 1.3 },
    { row: "bump, ashlar", detail: "needless", limit: 0, unit: "crates" },
  ],

  async run(options) {
    const { runs, place, say } = options;
    const project = place.next();
    try {
      writeRustProject(project);
    } catch (error) {
      const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      return { rows: [absent("cold, ashlar", 0, why)], versions: {} };
    }
    const crates = readdirSync(join(project, "registry")).length;
    let store = "";
    let target = "";

    const ashlar = (/** @type {string} */ what, /** @type {number} */ most) => () => {
      const { ms, stdout } = runScript("cargo", [project, store, what, jobs]);
      const { ran, rebuilt } = JSON.parse(stdout);
      check(rebuilt.length === 0, `compiled again: ${rebuilt.join()}`);
      check(ran.length <= most, `${ran.join()} ran`);
      say(`ashlar, ${what}: ${ms.toFixed(0)} ms, ran ${ran.join() || "nothing"}`);
      return { value: ms, details: {} };
    };
    const byHand = (/** @type {readonly (readonly string[])[]} */ commands) => () => {
      let ms = 0;
      for (const words of commands) ms += runCargo(project, target, jobs, words).ms;
      say(`cargo, ${commands.map(([name]) => name).join()}: ${ms.toFixed(0)} ms`);
      return { value: ms, details: {} };
    };
    /** Each round starts from nothing; those after it start from what the last one has left. */
    const fresh = (/** @type {() => import("../measure/rounds.mjs").Sample} */ measure) => () => {
      store = place.next();
      target = place.next();
      return measure();
    };
    const node = () => run([process.execPath, "-e", "0"]).ms;
    const edited = (/** @type {() => import("../measure/rounds.mjs").Sample} */ measure) => () => {
      appendFileSync(join(project, "workspace/app/src/main.rs"), "// Another line.\n");
      return measure();
    };

    const rows = [
      ...(await inRounds(crates, Math.min(runs, 2), [
        { name: "cold, cargo", measure: fresh(byHand(chain)) },
        { name: "cold, ashlar", measure: fresh(ashlar("chain", Infinity)) },
      ])),
    ];
    byHand([["build", "--workspace"]])();
    rows.push(
      ...(await inRounds(crates, runs * 3, [
        { name: "nothing, ashlar", measure: ashlar("chain", 0) },
        {
          name: "nothing, cargo and node",
          measure: () => ({ value: byHand([["build", "--workspace"]])().value + node() }),
        },
      ])),
      ...(await inRounds(crates, runs, [
        { name: "edit, ashlar", measure: edited(ashlar("package", 2)) },
        { name: "edit, cargo", measure: byHand([["build", "--workspace"]]) },
      ])),
      ...(await bumpRows({ project, store, target, chain, jobs, crates }, options)),
    );
    const version = firstLine(["cargo", "--version"]) ?? "";
    return { rows, versions: { ashlar: ashlarVersion(), cargo: version } };
  },
};
