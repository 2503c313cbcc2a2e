/**
 * The stages that run tools which others have written for cargo. What they check or measure is in no target directory
 * of ours.
 *
 * @module
 */
import { out, sh, stage, tool, type Stage, type Tree } from "@ashlar/core";

import {
  inStage,
  sourceCheck,
  type Args,
  type Base,
  type Consumed,
  type SourceCheck,
  type Sources,
} from "./stages.ts";

/** Runs `taplo fmt`. */
export const taplo: SourceCheck = sourceCheck("taplo");

/** What `cargo deny` looks at, with a database if it is to look for advisories. */
export interface Denied extends Sources {
  readonly advisories: Tree | undefined;
}

/**
 * Lays a database where cargo-deny has RustSec's, named after its address, as if it had been fetched now: how old it is
 * matters no more than that of other inputs. Then runs the rest.
 */
const withAdvisories = `database=$CARGO_HOME/advisory-dbs/advisory-db-3157b0e258782691
mkdir -p "$database/.git"
: >"$database/.git/FETCH_HEAD"
ln -s "$PWD/../advisories/crates" "$database/crates"
exec "$@"`;

/** Runs `cargo deny`, for which the crates must be there. */
export const deny: Stage<[Denied, Args, Base], {}> = stage(
  "deny",
  ({ ws, vendor, advisories }, words, base) => {
    // It takes no `--config`, and so finds the crates by the settings of cargo's home.
    const root = { ws, vendor, "home/config.toml": vendor.file("config.toml") };
    if (advisories === undefined) return sh(inStage(base, root, {}))`${words}`;
    const tools = [...base.tools, tool.host("mkdir"), tool.host("ln")];
    const options = inStage({ ...base, tools }, { ...root, advisories }, {});
    return sh(options)`sh -e -c ${withAdvisories} deny ${words}`;
  },
);

/** Runs `cargo tarpaulin`, which compiles all crates again, in its own way. */
export const tarpaulin: Stage<[Omit<Consumed, "target">, Args, Base], { report: "tree" }> = stage(
  "tarpaulin",
  ({ ws, vendor }, words, base) => {
    // Its `--config` is one of its own.
    const settings = { "home/config.toml": vendor.file("config.toml") };
    const outputs = { report: out.tree("tarpaulin", { evenIfFailed: true }) };
    return sh(inStage(base, { ws, vendor, ...settings }, outputs))`${words}`;
  },
);

/** Runs `cargo audit` on the lock file, with a database of advisories. */
export const audit: Stage<[{ readonly lock: Tree; readonly advisories: Tree }, Args, Base], {}> =
  stage(
    "audit",
    ({ lock, advisories }, words, base) =>
      sh(inStage(base, { ws: lock, advisories }, {}))`${words}`,
  );
