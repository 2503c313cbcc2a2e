/**
 * What a project calls itself, for names of files and images.
 *
 * @module
 */
import { readManifest, type ManifestPlace } from "./manifest-place.ts";
import { asString, asTable, type Table } from "./programs/table.ts";

/** Name and version of a project. */
export interface CrateName {
  readonly pname: string;
  readonly version: string;
}

/**
 * Name and version in a `Cargo.toml`, which is read when this is called. Of a workspace without a root package, the name in
 * its `metadata.crane`, and the version that it has for all.
 *
 * @returns `cargo-package` and `0.0.1` in the place of what the manifest does not say.
 * @example
 * ```ts
 * const { pname, version } = crateNameFromCargoToml({ src: "." });
 * ```
 */
export function crateNameFromCargoToml(place: ManifestPlace): CrateName {
  const manifest = readManifest(place);
  const declared = asTable(manifest["package"]);
  const workspace = asTable(manifest["workspace"]);
  const common = asTable(workspace?.["package"]);
  const names = [chosenName(declared), declared?.["name"], chosenName(workspace), common?.["name"]];
  const versions = [declared?.["version"], common?.["version"]];
  return {
    pname: firstString(names) ?? "cargo-package",
    // A table there says that the workspace has it.
    version: firstString(versions) ?? "0.0.1",
  };
}

/** The name for this very use, where crane looks for it. */
function chosenName(table: Table | undefined): unknown {
  return asTable(asTable(table?.["metadata"])?.["crane"])?.["name"];
}

function firstString(values: readonly unknown[]): string | undefined {
  return values.map(asString).find((value) => value !== undefined);
}
