/**
 * Vendoring from a folder: the crates of a directory source that a lock file names, each under its content.
 *
 *     Cargo.lock, registry ──▶ vendor (dynamic) ──▶ crates (dynamic) ──▶ one tree
 *
 *     vendor/config.toml                          tells cargo where the crates are
 *     vendor/<name>-<version>-<digest>/           one folder replaces all sources
 *
 * Cargo never looks into the files of a registry crate to see whether they changed, but it does notice another path. So
 * the digest is what makes an edited crate compile again. Trees have digests: all this takes neither a process nor a copy.
 *
 * @module
 */
import { dynamic, merge, text, type Tree } from "@ashlar/core";

import { findCrates } from "./directory-source.ts";
import { externalsOf, lockText, readConfig, type External } from "./locked-crates.ts";
import { Failure } from "./programs/failure.ts";
import { parseLock } from "./programs/lock.ts";
import { sourceReplacement } from "./programs/source-replacement.ts";
import type { Table } from "./programs/table.ts";

/**
 * The external crates of a lock file, of those in a folder.
 *
 * @param manifest - With `Cargo.lock`, and `.cargo` if there is one, among others.
 * @param registry - As `cargo vendor --locked --versioned-dirs` makes one.
 */
export function vendoredCrates(manifest: Tree, registry: Tree): Tree {
  return dynamic.tree("vendor", { manifest, registry }, async (inputs) => {
    const externals = externalsOf(parseLock(await lockText(inputs.manifest), "Cargo.lock"));
    refuseTwins(externals);
    const folders = await findCrates(inputs.registry, externals);
    const config = await readConfig(inputs.manifest);
    const crates = folders.map((folder) => registry.dir(folder));
    return vendorTree(externals, crates, config);
  });
}

/** The tree of some crates, once it is known what they hold. */
function vendorTree(externals: readonly External[], crates: readonly Tree[], config: Table): Tree {
  const sources = externals.map(({ source }) => source);
  const settings = text(sourceReplacement(sources, { directory: "vendor", projectConfig: config }));
  return dynamic.tree("crates", Object.fromEntries(crates.entries()), (contents) => {
    const parts = crates.map((crate, at) => {
      const { name = "", version = "" } = externals[at] ?? {};
      const digest = contents[at]?.digest.slice(0, 16) ?? "";
      return [`${name}-${version}-${digest}`, crate] as const;
    });
    return merge({ ...Object.fromEntries(parts), "config.toml": settings }).as("vendor");
  });
}

/** One folder replaces all registries, so it can hold one crate of a name and version. */
function refuseTwins(externals: readonly External[]): void {
  const sources = new Map<string, string>();
  for (const { name, version, source } of externals) {
    const twin = sources.get(`${name} ${version}`);
    if (twin !== undefined) {
      throw new Failure(`\`${name} ${version}\` is in Cargo.lock from both ${twin} and ${source}`, {
        hint: "depend on two different versions, or on one registry",
      });
    }
    sources.set(`${name} ${version}`, source);
  }
}
