/**
 * Program: makes a directory source of the packages in a git repository.
 *
 * The repository stays together, so that a package finds what it includes from beside its own folder.
 * Packages are links to where they lie in it; their manifests no longer inherit from a workspace, since
 * cargo looks for none around a crate of a directory source.
 *
 * Parameters: `repository`; `names`, as `<name> <version>`; `out`, the folder to make, with `repository` and
 * `crates`.
 *
 * @module
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { Failure } from "./failure.ts";
import { disinherit } from "./inheritance.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram, say } from "./program.ts";
import { asString, asTable, parseToml, type Table } from "./table.ts";
import { toml } from "./toml.ts";
import { copyTree, isWithin, walk } from "./tree.ts";

runProgram(gitCrates);

function gitCrates(parameters: Parameters): void {
  const out = resolve(parameters.string("out"));
  const wanted = parameters.strings("names");
  const repository = join(out, "repository");
  copyTree(parameters.string("repository"), repository, (path) => /(^|\/)\.git$/.test(path));

  const found = findPackages(repository);
  mkdirSync(join(out, "crates"), { recursive: true });
  for (const title of wanted) {
    const manifest = found.get(title);
    if (manifest === undefined) throw missingPackage(title, [...found.keys()]);
    const folder = dirname(manifest.path);
    writeFileSync(manifest.path, toml().stringify(manifest.fields));
    writeFileSync(join(folder, ".cargo-checksum.json"), '{"files":{},"package":null}');
    const link = join(out, "crates", title.replace(" ", "-"));
    symlinkSync(relative(dirname(link), folder), link);
  }
  say(`${wanted.length} packages of a repository with ${found.size}`);
}

/** A manifest that stands for itself. */
interface Standalone {
  readonly path: string;
  readonly fields: Table;
}

/** The packages of a repository by `<name> <version>`. Members of no workspace count, fixtures too. */
function findPackages(repository: string): ReadonlyMap<string, Standalone> {
  const found = new Map<string, Standalone>();
  for (const { path: inside, kind } of walk(repository)) {
    if (kind !== "file" || !/(^|\/)Cargo\.toml$/.test(inside)) continue;
    const path = join(repository, inside);
    const fields = standalone(path, repository);
    const declared = asTable(fields?.["package"]);
    const name = asString(declared?.["name"]);
    if (fields === undefined || name === undefined) continue;
    const title = `${name} ${asString(declared?.["version"]) ?? "0.0.0"}`;
    // Of two, the one nearer to the top is the real one: cargo looks there first as well.
    if (!found.has(title) || depth(path) < depth(found.get(title)?.path ?? "")) {
      found.set(title, { path, fields });
    }
  }
  return found;
}

/** The manifest without inheritance; `undefined` when it cannot be read, as those of fixtures may. */
function standalone(path: string, repository: string): Table | undefined {
  try {
    const fields = parseToml(readFileSync(path, "utf8"), path);
    const root = workspaceRoot(path, fields, repository);
    const workspace = asTable(root && parseToml(readFileSync(root, "utf8"), root)["workspace"]);
    return disinherit(fields, workspace ?? {}, {
      toRoot: root === undefined ? "" : relative(dirname(path), dirname(root)),
    });
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The manifest that a package inherits from: its own, the one that it names, or the next one around it. */
function workspaceRoot(path: string, fields: Table, repository: string): string | undefined {
  if (fields["workspace"] !== undefined) return path;
  const named = asString(asTable(fields["package"])?.["workspace"]);
  if (named !== undefined) return join(dirname(path), named, "Cargo.toml");
  for (
    let folder = dirname(dirname(path));
    isWithin(folder, repository);
    folder = dirname(folder)
  ) {
    const candidate = join(folder, "Cargo.toml");
    if (hasWorkspace(candidate)) return candidate;
  }
  return undefined;
}

function hasWorkspace(path: string): boolean {
  try {
    return parseToml(readFileSync(path, "utf8"), path)["workspace"] !== undefined;
  } catch {
    return false;
  }
}

function depth(path: string): number {
  return path.split("/").length;
}

function missingPackage(title: string, found: readonly string[]): Failure {
  const [name = title] = title.split(" ");
  const versions = found.filter((one) => one.startsWith(`${name} `));
  return new Failure(`package \`${title}\` is in Cargo.lock, but not in the repository`, {
    hint: `the commit has ${(versions.length > 0 ? versions : found).join(", ") || "no package"}: let cargo write the lock file again`,
  });
}
