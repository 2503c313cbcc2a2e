/**
 * Plain cargo, as people run it, on the same sources and crates at the same place: what programs are compared with.
 *
 * @module
 */
import { basename } from "node:path";

import { rustTools, unixTools, type CargoPackage, type CargoWorkspace } from "@ashlar/cargo";
import { all, build, out, sh, stage, type BuildOptions, type Tree } from "@ashlar/core";

const script = `
cargo build "$@" --locked --offline
mkdir ../results
for file in ../target/*/*; do
  case "$file" in *.d | *.rlib) ;; *) if [ -f "$file" ]; then cp "$file" ../results/; fi ;; esac
done`;

/** `cargo build` from nothing. Leaves the programs and libraries that it made. */
const plainBuild = stage(
  "by-hand",
  ({ ws, vendor }: { ws: Tree; vendor: Tree }, args: readonly string[]) => {
    const env = {
      ...{ CARGO_HOME: "../home", CARGO_TARGET_DIR: "../target" },
      ...{ CARGO_INCREMENTAL: "0", CARGO_TERM_COLOR: "never" },
      // Or C code that tells when it was compiled would differ.
      SOURCE_DATE_EPOCH: "315532800",
    };
    return sh({
      root: { ws, vendor, "home/config.toml": vendor.file("config.toml") },
      cwd: "ws",
      env,
      tools: [...rustTools(), ...unixTools],
      outputs: { results: out.tree("results") },
      stablePath: true,
    })`sh -e -c ${script} build ${args}`;
  },
);

/** What is compared: a package of a workspace, with what plain cargo makes of its sources. */
export interface Compared {
  readonly rust: CargoWorkspace;
  readonly crate: CargoPackage;
  readonly src: Tree;
  /** For `cargo build`. */
  readonly args: readonly string[];
}

/** Paths of what is installed, and the digests of these files: as they are, and as plain cargo has made them. */
export async function compareByHand(
  { rust, crate, src, args }: Compared,
  options: BuildOptions,
): Promise<Record<"ours" | "paths" | "theirs", readonly string[]>> {
  const { results } = plainBuild({ ws: src, vendor: rust.vendorCargoDeps() }, args);
  const { installed } = crate;
  const report = await build(all({ installed, results }), options);
  const paths = await report.list(installed);
  const digests = async (tree: Tree, at: (path: string) => string): Promise<readonly string[]> =>
    await Promise.all(
      paths.map(async (path) => `${path} ${await report.digest(tree.file(at(path)))}`),
    );
  const ours = await digests(installed, (path) => path);
  const theirs = await digests(results, (path) => basename(path));
  return { paths, ours, theirs };
}
