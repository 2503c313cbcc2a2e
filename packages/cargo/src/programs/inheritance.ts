/**
 * Inheritance: what a manifest takes from its workspace, written out.
 *
 * `version.workspace = true` takes the value from `[workspace.package]`, `serde = { workspace = true }` a
 * dependency from `[workspace.dependencies]`, `[lints] workspace = true` the lints.
 *
 * @module
 */
import { join } from "node:path";

import { Failure } from "./failure.ts";
import { asString, asTable, isStrings, type Table } from "./table.ts";

/** Where the workspace is, seen from the package. */
export interface Inheritance {
  /** Relative path of its folder. */
  readonly toRoot: string;
}

const KINDS = new Set(["dependencies", "dev-dependencies", "build-dependencies"]);
/** Fields of a package that hold a path. */
const PATHS = new Set(["license-file", "readme"]);

/**
 * Writes out what a manifest inherits.
 *
 * @throws {@link Failure} when the workspace does not have it.
 */
export function disinherit(manifest: Table, workspace: Table, place: Inheritance): Table {
  const declared = asTable(manifest["package"]);
  const platforms = asTable(manifest["target"]);
  const rest = dependencies(manifest, workspace, place);
  const { lints, workspace: _, ...plain } = rest;
  const ownLints = asTable(lints)?.["workspace"] === true ? workspace["lints"] : lints;
  return {
    ...plain,
    ...(declared && { package: packageFields(declared, workspace, place) }),
    ...(platforms && {
      target: mapValues(platforms, (one) => dependencies(asTable(one) ?? {}, workspace, place)),
    }),
    ...(ownLints !== undefined && { lints: ownLints }),
  };
}

function packageFields(declared: Table, workspace: Table, { toRoot }: Inheritance): Table {
  const common = asTable(workspace["package"]) ?? {};
  const { workspace: _, ...fields } = declared;
  return mapValues(fields, (value, name) => {
    if (asTable(value)?.["workspace"] !== true) return value;
    const inherited = common[name];
    if (inherited === undefined) throw notInherited(`package.${name}`);
    return PATHS.has(name) && typeof inherited === "string" ? join(toRoot, inherited) : inherited;
  });
}

function dependencies(manifest: Table, workspace: Table, place: Inheritance): Table {
  const common = asTable(workspace["dependencies"]) ?? {};
  return mapValues(manifest, (value, kind) => {
    if (!KINDS.has(kind.replaceAll("_", "-"))) return value;
    return mapValues(asTable(value) ?? {}, (dependency, name) => {
      const fields = asTable(dependency);
      if (fields?.["workspace"] !== true) return dependency;
      const inherited = common[name];
      if (inherited === undefined) throw notInherited(`dependencies.${name}`);
      return joined(fields, inherited, place);
    });
  });
}

/** A dependency of the workspace, with what the member adds: features add up, `optional` is its own. */
function joined(own: Table, inherited: unknown, { toRoot }: Inheritance): Table {
  const base = typeof inherited === "string" ? { version: inherited } : (asTable(inherited) ?? {});
  const { workspace: _, ...fields } = own;
  const features = [...strings(base["features"]), ...strings(fields["features"])];
  const path = asString(base["path"]);
  return {
    ...base,
    ...fields,
    ...(features.length > 0 && { features: [...new Set(features)] }),
    ...(path !== undefined && { path: join(toRoot, path) }),
  };
}

function notInherited(what: string): Failure {
  return new Failure(`\`${what}\` is inherited from a workspace that does not have it`);
}

function strings(value: unknown): readonly string[] {
  return isStrings(value) ? value : [];
}

function mapValues(fields: Table, map: (value: unknown, name: string) => unknown): Table {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, map(value, name)]),
  );
}
