/**
 * Patches: folders of the tree that stand in for external crates.
 *
 * @module
 */
import { join, resolve } from "node:path";

import { Failure } from "./failure.ts";
import type { Package } from "./metadata.ts";
import { asString, asTable, isStrings, readToml, type Table } from "./table.ts";

/**
 * The folders that `[patch]`, `[replace]` and `paths` name, in a manifest or a configuration.
 *
 * @param base - the folder that they are relative to.
 */
export function patchFolders(fields: Table, base: string): readonly string[] {
  const patches = Object.values(asTable(fields["patch"]) ?? {});
  const folders = [...patches, fields["replace"]].flatMap((crates) => pathsIn(crates, base));
  const overrides = isStrings(fields["paths"]) ? fields["paths"] : [];
  return [...folders, ...overrides.map((folder) => resolve(base, folder))];
}

/** Names of the crates from elsewhere that `[patch]` and `[replace]` offer, in a manifest or a configuration. */
export function patchedNames(fields: Table): readonly string[] {
  const patches = Object.values(asTable(fields["patch"]) ?? {}).map((one) => asTable(one) ?? {});
  const named = patches.flatMap((crates) =>
    fromElsewhere(crates).map(([key, crate]) => asString(crate?.["package"]) ?? key),
  );
  // `"name:version"`, or what the specification of a package begins with.
  const replaced = fromElsewhere(asTable(fields["replace"]) ?? {}).map(
    ([key]) => key.replace(/^.*#/, "").split(/[:@]/, 1)[0] ?? key,
  );
  return [...named, ...replaced];

  function fromElsewhere(crates: Table): readonly (readonly [string, Table | undefined])[] {
    const entries = Object.entries(crates).map(([key, crate]) => [key, asTable(crate)] as const);
    return entries.filter(([, crate]) => crate?.["path"] === undefined);
  }
}

/** A manifest whose `[patch]` and `[replace]` offer no folders but those that are left. */
export function withoutPatches(manifest: Table, isLeft: (path: string) => boolean): Table {
  const left = (crates: unknown): Table => {
    const entries = Object.entries(asTable(crates) ?? {});
    return Object.fromEntries(
      entries.filter(([, crate]) => {
        const path = asString(asTable(crate)?.["path"]);
        return path === undefined || isLeft(path);
      }),
    );
  };
  const patch = Object.entries(asTable(manifest["patch"]) ?? {}).map(
    ([source, crates]) => [source, left(crates)] as const,
  );
  return {
    ...manifest,
    ...(manifest["patch"] !== undefined && { patch: Object.fromEntries(patch) }),
    ...(manifest["replace"] !== undefined && { replace: left(manifest["replace"]) }),
  };
}

/**
 * Reads a package by its manifest alone. `cargo metadata` refuses a patch that lies below a
 * workspace without being its member, although cargo builds it.
 */
export function readPatchPackage(folder: string): Package {
  const manifest = join(folder, "Cargo.toml");
  const fields = readToml(manifest);
  const declared = asTable(fields["package"]);
  const name = asString(declared?.["name"]);
  if (name === undefined) throw new Failure(`\`${manifest}\` is patched in, but is no package`);
  return {
    name,
    version: asString(declared?.["version"]) ?? "0.0.0",
    directory: folder,
    manifest,
    targets: [],
    pathDependencies: pathDependencies(fields, folder),
    features: Object.keys(asTable(fields["features"]) ?? {}),
  };
}

function pathDependencies(fields: Table, base: string): readonly string[] {
  const platforms = Object.values(asTable(fields["target"]) ?? {}).map((one) => asTable(one) ?? {});
  return [fields, ...platforms].flatMap((table) =>
    ["dependencies", "build-dependencies"].flatMap((kind) => pathsIn(table[kind], base)),
  );
}

function pathsIn(crates: unknown, base: string): readonly string[] {
  return Object.values(asTable(crates) ?? {})
    .map((crate) => asString(asTable(crate)?.["path"]))
    .filter((path) => path !== undefined)
    .map((path) => resolve(base, path));
}
