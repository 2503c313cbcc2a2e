/**
 * What the house tests look at: the workspace's packages, their manifests and parsed sources.
 *
 * Sources are parsed, not searched, so that code in comments and strings does not count.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { parseSync, Visitor, type Comment, type Program } from "oxc-parser";

/** The folder of the workspace, absolute. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** The parts of a package.json that have a rule. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  /** What stands in for fields of the manifest where the package is published. */
  readonly publishConfig?: Pick<Manifest, "exports">;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A folder under `packages/` with a manifest. */
export interface Package {
  /** Relative to the workspace: `packages/runners/local`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** A parsed TypeScript file. */
export interface Source {
  /** Relative to the package's `src`, with forward slashes: `digest/digest.ts`. */
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
  /** Every module it names: imports, re-exports, `import()` of a literal; types count. */
  readonly imports: readonly string[];
}

/** All packages, runners included; the workspace itself and its tests are none. */
export function allPackages(): Package[] {
  return ["packages", "packages/runners"]
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .toSorted()
    .map((folder) => ({ folder, manifest: readManifest(join(root, folder, "package.json")) }));
}

/** Packages that people can install. */
export function publishedPackages(): Package[] {
  return allPackages().filter(({ manifest }) => manifest.private !== true);
}

/** Every source of one package. */
export function sourcesOf({ folder }: Package): Source[] {
  const src = join(root, folder, "src");
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts"))
    .toSorted()
    .map((path) => parseSource(path, readFileSync(join(src, path), "utf8")));
}

/** Parses one file; `path` is what `Source.path` will say. */
export function parseSource(path: string, text: string): Source {
  const { program, comments, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message ?? "?"}`);

  const imports = new Set(module.staticImports.map(({ moduleRequest }) => moduleRequest.value));
  for (const { moduleRequest } of module.staticExports.flatMap(({ entries }) => entries)) {
    if (moduleRequest !== null) imports.add(moduleRequest.value);
  }
  new Visitor({
    ImportExpression({ source }) {
      if (source.type === "Literal" && typeof source.value === "string") imports.add(source.value);
    },
    TSImportType({ source }) {
      imports.add(source.value);
    },
  }).visit(program);
  return { path, text, program, comments, imports: [...imports] };
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}
