/**
 * The dummy tree: which files stand in for a source tree, and what is in them.
 *
 * It reads the sources and writes nothing.
 *
 * @module
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

import { configFiles } from "./cargo-config.ts";
import { Failure } from "./failure.ts";
import { isLibraryTarget } from "./library-target.ts";
import type { LocalPackage, Locals } from "./locals.ts";
import { type LockedPackage, maskLock } from "./lock.ts";
import type { SourceFile, SourceFiles } from "./source-files.ts";
import { stubManifest, stubRootManifest, type StubOptions } from "./stub-manifest.ts";
import { PROGRAM_STUB, STUB_BUILD_SCRIPT, stubOf } from "./stub.ts";
import { subsetManifest, subsetOf } from "./subset-manifest.ts";
import { readToml, type Table } from "./table.ts";
import { isWithin, walk } from "./tree.ts";

/** Never part of a package, even where its real sources are kept. */
const NOT_SOURCES = /(^|\/)(\.git|target)$/;

/**
 * Decides the files of the dummy tree.
 *
 * @param versioned - Names of packages that keep their versions.
 */
export function dummyFiles(locals: Locals, versioned: readonly string[] = []): SourceFiles {
  const files = new Map<string, SourceFile>();
  const put = (path: string, file: SourceFile): void => {
    files.set(inTree(path, locals.tree), file);
  };
  const options: StubOptions = {
    masked: maskablePackages({ ...locals, versioned }),
    isInherited: locals.packages.some(({ isKept }) => isKept),
  };

  for (const root of new Set(locals.packages.map(({ workspaceRoot }) => workspaceRoot))) {
    put(join(root, "Cargo.toml"), { text: stubRootManifest(rootManifest(root, locals), options) });
  }
  for (const path of configFiles(locals.root, locals.tree)) put(path, { copyOf: path });
  for (const name of ["rust-toolchain", "rust-toolchain.toml"]) {
    const path = join(locals.root, name);
    if (existsSync(path)) put(path, { copyOf: path });
  }
  if (locals.lockFile !== undefined) {
    const text = maskLock(readFileSync(locals.lockFile, "utf8"), options.masked);
    put(locals.lockFile, { text });
  }

  // Kept packages come last: a stub never takes the place of a real file.
  const inOrder = locals.packages.toSorted(
    (one, other) => Number(one.isKept) - Number(other.isKept),
  );
  for (const local of inOrder) {
    const part = local.isKept ? keptFiles(local, locals) : stubFiles(local, options);
    for (const [path, file] of part) put(path, file);
  }
  return files;
}

/** The manifest of a root. Of another workspace, only the packages are there that this one depends on. */
function rootManifest(root: string, locals: Locals): Table {
  const manifest = readToml(join(root, "Cargo.toml"));
  if (root === locals.root || manifest["workspace"] === undefined) return manifest;
  return subsetManifest(manifest, subsetOf(root, locals));
}

/** What decides whose version is masked. */
export interface Maskable {
  readonly packages: readonly Pick<LocalPackage, "name" | "isKept" | "directory">[];
  readonly lock: readonly LockedPackage[];
  /** Folders that are put in the place of crates. */
  readonly patches: readonly string[];
  /** Names of packages that somebody asks for by their versions. @defaultValue none */
  readonly versioned?: readonly string[];
}

/**
 * Names of the stubbed packages whose version can go: nobody asks for it, and the lock file names them once.
 */
export function maskablePackages(maskable: Maskable): ReadonlySet<string> {
  const { packages, lock, patches, versioned = [] } = maskable;
  const isUnique = (name: string): boolean => {
    const [entry, twin] = lock.filter((one) => one.name === name);
    return entry?.source === undefined && entry !== undefined && twin === undefined;
  };
  const names = packages
    .filter(({ isKept, directory }) => !isKept && !patches.includes(directory))
    .map(({ name }) => name);
  return new Set(names.filter((name) => isUnique(name) && !versioned.includes(name)));
}

function stubFiles(local: LocalPackage, options: StubOptions): ReadonlyMap<string, SourceFile> {
  const files = new Map<string, SourceFile>();
  files.set(local.manifest, { text: stubManifest(readToml(local.manifest), local, options) });
  files.set(join(local.directory, STUB_BUILD_SCRIPT), { text: PROGRAM_STUB });
  // Libraries first: where a program shares the library's file, it needs its `main`.
  const targets = local.targets.filter(({ kind }) => !kind.includes("custom-build"));
  for (const isLibrary of [true, false]) {
    for (const target of targets.filter((one) => isLibraryTarget(one) === isLibrary)) {
      files.set(target.path, { text: stubOf(isLibrary, target.crateTypes) });
    }
  }
  return files;
}

function keptFiles(local: LocalPackage, { packages }: Locals): ReadonlyMap<string, SourceFile> {
  const others = new Set(packages.map(({ directory }) => directory));
  const skip = (path: string): boolean =>
    NOT_SOURCES.test(path) || others.has(join(local.directory, path));
  const paths = [...walk(local.directory, skip)].map(({ path }) => join(local.directory, path));
  // Through links: what a package needs of its neighbours comes along as a copy.
  const files = paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return new Map(files.map((path) => [path, { copyOf: path }]));
}

function inTree(path: string, tree: string): string {
  if (isWithin(path, tree)) return relative(tree, path);
  throw new Failure(`\`${path}\` takes part in the build, but is outside of the source tree`, {
    hint: `move it below \`${tree}\`, or take a folder that holds both as the source`,
  });
}
