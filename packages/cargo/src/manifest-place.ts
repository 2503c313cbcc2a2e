/**
 * Manifests that functions of this package are told of: by their folder, by their path, or by their text.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { parseToml, type Table } from "./programs/table.ts";

/** Where a `Cargo.toml` is: in a folder, at a path, or here. */
export type ManifestPlace =
  | { readonly src: string | URL }
  | { readonly cargoToml: string | URL }
  | { readonly cargoTomlContents: string };

/**
 * Reads a manifest, now.
 *
 * @throws {@link Error} that names the file and the line, when it is not TOML.
 */
export function readManifest(place: ManifestPlace): Table {
  if ("cargoTomlContents" in place) return parseToml(place.cargoTomlContents, "Cargo.toml");
  const path =
    "cargoToml" in place ? pathOf(place.cargoToml) : join(pathOf(place.src), "Cargo.toml");
  return parseToml(readFileSync(path, "utf8"), path);
}

/** The path of a file or a folder, however it is named. */
export function pathOf(place: string | URL): string {
  return typeof place === "string" ? place : fileURLToPath(place);
}
