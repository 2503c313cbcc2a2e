/**
 * The manifest of a workspace's root, for some of its members.
 *
 * @module
 */
import { relative, resolve } from "node:path";

import type { Locals } from "./locals.ts";
import { withoutPatches } from "./patches.ts";
import { asString, asTable, readToml, type Table } from "./table.ts";

/** What is left of a workspace. */
export interface Subset {
  /** Folders of the members, relative to the root. Without the root. */
  readonly members: readonly string[];
  /** The manifests of all packages that are left, the root among them if it is one. */
  readonly manifests: readonly Table[];
  /** Whether the package at the root is among them. */
  readonly isRootNeeded: boolean;
  /** Whether the package in a folder is left, for patches; the folder as in the manifest. */
  readonly isLeft: (path: string) => boolean;
}

/** What a root says to its members. All else is of the package that lies there. */
const SHARED = new Set(["workspace", "patch", "replace", "profile", "cargo-features"]);

/** Resolvers that a package chooses by its edition. Where no package is left to choose, they must be named. */
const RESOLVERS: Readonly<Record<string, string>> = { "2021": "2", "2024": "3" };

/** What some packages leave of a workspace that they belong to, be it the one that is built or another. */
export function subsetOf(
  workspaceRoot: string,
  { packages, root }: Pick<Locals, "packages" | "root">,
): Subset {
  const own = packages.filter((local) => local.workspaceRoot === workspaceRoot);
  // A patch may lie in the workspace that is built, and be none of its members.
  const members = own.filter(
    ({ isMember, directory }) =>
      directory !== workspaceRoot && (isMember || workspaceRoot !== root),
  );
  return {
    members: members.map(({ directory }) => relative(workspaceRoot, directory)),
    manifests: own.map(({ manifest }) => readToml(manifest)),
    isRootNeeded: own.some(({ directory }) => directory === workspaceRoot),
    isLeft: (path) => packages.some(({ directory }) => directory === resolve(workspaceRoot, path)),
  };
}

/** The root's manifest with other members, of shared dependencies those that one of them inherits, and of patches those that are left. */
export function subsetManifest(manifest: Table, subset: Subset): Table {
  const workspace = asTable(manifest["workspace"]) ?? {};
  const inherited = new Set(subset.manifests.flatMap(inheritedNames));
  const shared = Object.entries(asTable(workspace["dependencies"]) ?? {});
  const entries = Object.entries(withoutPatches(manifest, subset.isLeft)).filter(
    ([key]) => subset.isRootNeeded || SHARED.has(key),
  );
  const { "default-members": _, ...rest } = workspace;
  const resolver = workspace["resolver"] ?? resolverOf(manifest);
  return {
    ...Object.fromEntries(entries),
    workspace: {
      ...rest,
      ...(resolver !== undefined && { resolver }),
      members: [...subset.members].toSorted(),
      dependencies: Object.fromEntries(shared.filter(([name]) => inherited.has(name))),
    },
  };
}

/** Names of the dependencies that a manifest takes from its workspace. */
function inheritedNames(manifest: Table): readonly string[] {
  const platforms = Object.values(asTable(manifest["target"]) ?? {});
  return [manifest, ...platforms.map((one) => asTable(one) ?? {})].flatMap((table) =>
    Object.entries(table)
      .filter(([key]) => /^(dev[-_]|build[-_])?dependencies$/.test(key))
      .flatMap(([, dependencies]) => Object.entries(asTable(dependencies) ?? {}))
      .filter(([, dependency]) => asTable(dependency)?.["workspace"] === true)
      .map(([name]) => name),
  );
}

/** The resolver that the package at the root has asked for, or chosen by its edition. */
function resolverOf(manifest: Table): string | undefined {
  const declared = asTable(manifest["package"]);
  const shared = asTable(asTable(manifest["workspace"])?.["package"]);
  const isInherited = asTable(declared?.["edition"])?.["workspace"] === true;
  const edition = asString(isInherited ? shared?.["edition"] : declared?.["edition"]);
  return asString(declared?.["resolver"]) ?? RESOLVERS[edition ?? ""];
}
