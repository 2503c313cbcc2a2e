/**
 * `handing`: how long a stage waits for 500 MB of compiled dependencies, against unpacking an archive of them.
 *
 * @module
 */
import { randomFillSync } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { firstLine, run } from "../measure/child.mjs";
import { absent, inRounds } from "../measure/rounds.mjs";
import { ashlarVersion, runScript } from "../peers/scripts.mjs";
import { check } from "./bench.mjs";

/** Bytes of a library, about as many as that of a real crate. */
const libraryBytes = 2 * 1024 * 1024;

/** @type {import("./bench.mjs").Bench} */
export const handing = {
  name: "handing",
  about: "A stage that starts from 500 MB of compiled dependencies: all of its process.",
  unit: "ms",
  runs: 5,
  goals: [{ row: "kept", detail: "handing", limit: 200, unit: "ms more than for one crate" }],

  async run({ size: crates = 250, runs, place, say }) {
    const project = place.next();
    writeTarget(join(project, "deps"), crates);
    const archive = join(project, "deps.tar.zst");
    const hasArchives = firstLine(["zstd", "--version"]) !== undefined;
    if (hasArchives) {
      run([
        "sh",
        "-c",
        'tar -C "$0" -c . | zstd -q -3 -T0 -o "$1"',
        join(project, "deps"),
        archive,
      ]);
    }
    let round = 0;
    const hand = (
      /** @type {string} */ trees,
      /** @type {string} */ sandbox,
      /** @type {string} */ what = project,
    ) => {
      // A store each: builds of the same targets take notes in the place of each other.
      const store = join(what, "store");
      const { ms, stdout } = runScript("handing", [what, store, trees, sandbox, round++]);
      check(JSON.parse(stdout).ran === 1, "the stage did not run");
      return { value: ms };
    };
    const kept = place.next();
    const anew = place.next();
    // Takes the target directory into the store, and lays it out.
    hand(kept, "required");
    const tiny = place.next();
    writeTarget(join(tiny, "deps"), 1);
    hand(kept, "required", tiny);
    // First what writes little: for a while after others, whatever touches the disk is slow.
    const light = [
      { name: "one crate", measure: () => hand(kept, "required", tiny) },
      { name: "kept", measure: () => hand(kept, "required") },
    ];
    const heavy = [
      {
        name: "laid out anew",
        measure: () => {
          rmSync(anew, { recursive: true, force: true });
          return hand(anew, "required");
        },
      },
      { name: "without a sandbox", measure: () => hand("", "none") },
      {
        name: "tar and zstd",
        measure: () => {
          const to = place.next();
          const unpack = 'zstd -q -d -c "$0" | tar -C "$1" -x';
          return { value: run(["sh", "-c", unpack, archive, to]).ms };
        },
      },
    ];
    const present = heavy.filter(({ name }) => hasArchives || name !== "tar and zstd");
    say(`${crates} crates`);
    run(["sync"]);
    const rows = [
      ...(await inRounds(crates, runs, light)),
      ...(await inRounds(crates, Math.min(runs, 3), present)),
    ];
    const [one, all] = rows;
    if (one && all) all.details["handing"] = all.median - one.median;
    if (!hasArchives) rows.push(absent("tar and zstd", crates, "no zstd"));
    return { rows, versions: { ashlar: ashlarVersion() } };
  },
};

/**
 * Writes what cargo leaves of so many crates, a third of it random, which is about as well as libraries are packed.
 *
 * @param {string} target
 * @param {number} crates
 */
function writeTarget(target, crates) {
  const bytes = Buffer.alloc(libraryBytes, "a line that is there again and again, ");
  for (let at = 0; at < crates; at++) {
    const unit = `crate${at}-${at.toString(16).padStart(16, "0")}`;
    const profile = join(target, "release");
    for (const folder of ["deps", `.fingerprint/${unit}`, `build/${unit}/out`]) {
      mkdirSync(join(profile, folder), { recursive: true });
    }
    randomFillSync(bytes, 0, libraryBytes / 3);
    writeFileSync(join(profile, `deps/lib${unit}.rlib`), bytes);
    writeFileSync(join(profile, `deps/lib${unit}.rmeta`), bytes.subarray(0, 64 * 1024));
    writeFileSync(join(profile, `deps/${unit}.d`), `lib${unit}.rlib: src/lib.rs\n`);
    for (const name of ["invoked.timestamp", "dep-lib", "lib", "lib.json"]) {
      writeFileSync(join(profile, ".fingerprint", unit, name), `${name} of ${unit}\n`);
    }
    writeFileSync(join(profile, "build", unit, "output"), "cargo:rerun-if-changed=build.rs\n");
  }
}
