/**
 * The manifest of a stubbed package: all that decides how dependencies are built, and no more.
 *
 * Comments, order, descriptions, authors, lints and local versions go, so that changing
 * them rebuilds nothing. Targets become explicit, because the files that cargo would find
 * them by are not there. Unknown keys stay: a rebuild too many beats a wrong artifact.
 *
 * @module
 */
import { relative } from "node:path";

import { isLibraryTarget } from "./library-target.ts";
import type { Package, Target } from "./metadata.ts";
import { STUB_BUILD_SCRIPT } from "./stub.ts";
import { asString, asTable, tablesOf, type Table } from "./table.ts";
import { toml } from "./toml.ts";

/** The version that masked packages have. */
export const MASKED_VERSION = "0.0.0";

/** What a manifest is stubbed with. */
export interface StubOptions {
  /** Names of the packages whose version is masked. */
  readonly masked: ReadonlySet<string>;
  /** Whether members that are not stubbed may inherit from this manifest. */
  readonly isInherited: boolean;
}

const PACKAGE_NOTES = new Set(
  (
    "authors categories default-run description documentation exclude homepage include keywords " +
    "license license-file links metadata publish readme repository rust-version"
  ).split(" "),
);

const TARGET_TABLES = ["bin", "example", "test", "bench"] as const;

/** The manifest of a package, as text. */
export function stubManifest(manifest: Table, local: Package, options: StubOptions): string {
  const declared = asTable(manifest["package"]) ?? {};
  return render({
    ...withoutNotes(manifest, options),
    ...targetTables(manifest, local),
    package: {
      ...without(declared, PACKAGE_NOTES),
      version: options.masked.has(local.name) ? MASKED_VERSION : local.version,
      build: STUB_BUILD_SCRIPT,
      autobins: false,
      autoexamples: false,
      autotests: false,
      autobenches: false,
    },
  });
}

/** The manifest of a workspace root that is no package, as text. */
export function stubRootManifest(manifest: Table, options: StubOptions): string {
  return render(withoutNotes(manifest, options));
}

function withoutNotes(manifest: Table, options: StubOptions): Table {
  const kept = without(manifest, new Set(["badges", "lints", "package", "project"]));
  return {
    ...unmatched(kept, options.masked),
    ...(manifest["workspace"] === undefined
      ? {}
      : { workspace: workspaceTable(manifest, options) }),
  };
}

function workspaceTable(manifest: Table, { masked, isInherited }: StubOptions): Table {
  const workspace = asTable(manifest["workspace"]) ?? {};
  const plain = unmatched(without(workspace, new Set(["metadata"])), masked);
  if (isInherited) return plain;
  const inherited = without(asTable(workspace["package"]) ?? {}, PACKAGE_NOTES);
  return {
    ...without(plain, new Set(["lints"])),
    // Stubbed members spell their version out.
    package: without(inherited, new Set(["version"])),
  };
}

/** Drops the version that a path dependency asks for, where the package is masked. */
function unmatched(manifest: Table, masked: ReadonlySet<string>): Table {
  const entries = Object.entries(manifest).map(([key, value]) => {
    if (key === "target") return [key, mapTables(value, (inner) => unmatched(inner, masked))];
    if (!/^(dev[-_]|build[-_])?dependencies$/.test(key)) return [key, value];
    const dependencies = Object.entries(asTable(value) ?? {});
    return [key, Object.fromEntries(dependencies.map(([name, one]) => [name, relax(name, one)]))];
  });
  return Object.fromEntries(entries) as Table;

  function relax(name: string, dependency: unknown): unknown {
    const fields = asTable(dependency);
    if (fields?.["path"] === undefined) return dependency;
    const packageName = asString(fields["package"]) ?? name;
    return masked.has(packageName) ? without(fields, new Set(["version"])) : dependency;
  }
}

function targetTables(manifest: Table, local: Package): Table {
  const tables: Record<string, unknown> = { lib: undefined };
  for (const kind of TARGET_TABLES) {
    const declared = tablesOf(manifest[kind]);
    const targets = local.targets.filter((target) => target.kind.includes(kind));
    tables[kind] = targets.map((target) => {
      const named = declared.find(({ name }) => name === target.name);
      return targetTable(named, target, local);
    });
  }
  const library = local.targets.find(isLibraryTarget);
  if (library !== undefined) tables["lib"] = targetTable(asTable(manifest["lib"]), library, local);
  return tables;
}

/** What cargo found out about a target, over what the manifest says of it (`harness`, `test`...). */
function targetTable(declared: Table | undefined, target: Target, local: Package): Table {
  const spelled = new Set(["crate-type", "proc-macro"]);
  return {
    ...without(declared ?? {}, spelled),
    ...libraryFields(target),
    name: target.name,
    path: relative(local.directory, target.path),
    ...(target.requiredFeatures.length > 0 && { "required-features": target.requiredFeatures }),
  };
}

/** Examples may be libraries too, so kinds do not tell. */
function libraryFields({ kind, crateTypes }: Target): Table {
  if (kind.includes("proc-macro")) return { "proc-macro": true };
  return crateTypes.includes("bin") ? {} : { "crate-type": crateTypes };
}

function without(fields: Table, keys: ReadonlySet<string>): Table {
  return Object.fromEntries(
    Object.entries(fields).filter(([key]) => !keys.has(key) && !keys.has(key.replaceAll("_", "-"))),
  );
}

function mapTables(value: unknown, map: (fields: Table) => Table): Table {
  const entries = Object.entries(asTable(value) ?? {});
  return Object.fromEntries(entries.map(([key, inner]) => [key, map(asTable(inner) ?? {})]));
}

/** TOML with sorted keys; tables and lists that are empty or undefined are left out of the top. */
function render(manifest: Table): string {
  const present = Object.entries(manifest).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return toml().stringify(sorted(Object.fromEntries(present)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  const fields = asTable(value);
  if (fields === undefined) return value;
  const entries = Object.entries(fields).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
