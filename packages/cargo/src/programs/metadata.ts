/**
 * What `cargo metadata --no-deps` says: the packages of a workspace and their targets.
 *
 * It resolves nothing, so it needs neither a lock file nor the external crates, and
 * takes about twenty milliseconds.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, normalize, relative } from "node:path";

import { Failure } from "./failure.ts";
import { catchOutput } from "./process.ts";
import { asString, asTable, isStrings, tablesOf, type Table } from "./table.ts";
import { isWithin } from "./tree.ts";

/** One thing that cargo builds of a package. */
export interface Target {
  readonly name: string;
  /** `lib`, `proc-macro`, `bin`, `test`, `custom-build`... A library has its crate types here. */
  readonly kind: readonly string[];
  readonly crateTypes: readonly string[];
  /** Absolute. */
  readonly path: string;
  readonly requiredFeatures: readonly string[];
}

/** A dependency, as a manifest names it. */
export interface Dependency {
  /** Of the package, whatever it is called in the code. */
  readonly name: string;
  /** Whether only tests, examples and benchmarks need it. */
  readonly isDev: boolean;
}

/** A package on disk. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Absolute, as `manifest` is. */
  readonly directory: string;
  readonly manifest: string;
  readonly targets: readonly Target[];
  /** Folders of the packages that it depends on by path. */
  readonly pathDependencies: readonly string[];
  /** What the manifest depends on; `undefined` when only part of it was read. */
  readonly dependencies?: readonly Dependency[];
  readonly features: readonly string[];
}

/** The packages of one workspace. */
export interface Metadata {
  readonly root: string;
  readonly packages: readonly Package[];
}

/**
 * Asks cargo for the workspace of a manifest.
 *
 * @param tree - root of the sources.
 * @throws {@link Failure} when cargo finds the manifest wanting; it has said why by then.
 */
export function readMetadata(manifest: string, tree: string): Metadata {
  const args = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
  const { exitCode, stdout, stderr } = catchOutput("cargo", [...args, "--manifest-path", manifest]);
  if (exitCode === 0) return parseMetadata(stdout);

  // A folder outside of the tree is not there at all when the tree stands alone in a stage.
  const missing = /failed to read `(.+)\/Cargo\.toml`/.exec(stderr)?.[1];
  if (missing !== undefined && !isWithin(missing, tree)) throw outsideTree(missing, tree);
  const shown = relative(tree, manifest);
  if (!existsSync(manifest)) {
    throw new Failure(`there is no \`${shown}\` among the sources`, {
      hint: "take the folder that holds it as `src`; `.gitignore`, `include` and `exclude` may keep it out",
    });
  }
  throw new Failure(`cargo cannot read the workspace of \`${shown}\``, {
    hint:
      missing === undefined
        ? "cargo says why above; files that it misses must be part of the source tree"
        : `\`${relative(tree, missing)}/Cargo.toml\` is not among the sources: correct \`members\`, or see what \`.gitignore\`, \`include\` and \`exclude\` keep out`,
  });
}

/** A package is depended on by a path that leads out of the source tree. */
export function outsideTree(folder: string, tree: string): Failure {
  return new Failure(`the path dependency \`${folder}\` is outside of the source tree`, {
    hint: `move it below \`${tree}\`, or take a folder that holds both as the source`,
  });
}

/** Reads what `cargo metadata` prints. */
export function parseMetadata(json: string): Metadata {
  const fields = asTable(JSON.parse(json)) ?? {};
  return {
    root: text(fields, "workspace_root"),
    packages: tablesOf(fields["packages"]).map(parsePackage),
  };
}

function parsePackage(fields: Table): Package {
  const manifest = text(fields, "manifest_path");
  const dependencies = tablesOf(fields["dependencies"]);
  const paths = dependencies.map((dependency) => asString(dependency["path"]));
  return {
    name: text(fields, "name"),
    version: text(fields, "version"),
    directory: dirname(manifest),
    manifest,
    targets: tablesOf(fields["targets"]).map(parseTarget),
    pathDependencies: paths.filter((path) => path !== undefined),
    dependencies: dependencies.map((dependency) => ({
      name: text(dependency, "name"),
      isDev: dependency["kind"] === "dev",
    })),
    features: Object.keys(asTable(fields["features"]) ?? {}),
  };
}

function parseTarget(fields: Table): Target {
  return {
    name: text(fields, "name"),
    kind: texts(fields, "kind"),
    crateTypes: texts(fields, "crate_types"),
    // Cargo leaves `..` in it as the manifest has it.
    path: normalize(text(fields, "src_path")),
    requiredFeatures: texts(fields, "required-features"),
  };
}

function text(fields: Table, name: string): string {
  const value = asString(fields[name]);
  if (value === undefined) throw new Failure(`cargo metadata without \`${name}\``);
  return value;
}

function texts(fields: Table, name: string): readonly string[] {
  const value = fields[name];
  return isStrings(value) ? value : [];
}
