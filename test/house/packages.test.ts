/**
 * The manifests, and the packages as a registry would receive them.
 *
 * @module
 */
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, onTestFinished, test } from "vitest";

import { allPackages, publishedPackages, root, type Package } from "./sources.ts";

/** The order of the fields of a manifest, those in which packages may differ included. */
const fields = [
  "name",
  "version",
  "private",
  "description",
  "license",
  "repository",
  "type",
  "engines",
  "sideEffects",
  "exports",
  "publishConfig",
  "bin",
  "files",
  "scripts",
  "dependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "optionalDependencies",
  "devDependencies",
];

describe.each(allPackages().map((each) => [each.manifest.name, each] as const))("%s", (_, each) => {
  const { folder, manifest } = each;

  test("has the fields of a manifest, in their order", () => {
    const names = Object.keys(manifest);
    const known = fields.filter((field) => names.includes(field));
    expect(names).toEqual(known);
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/^[A-Z].*[^.]$/),
      license: "MIT",
      repository: { type: "git", directory: folder },
      type: "module",
      engines: { node: ">=20.19" },
    });
  });

  test("takes its versions from the catalog", () => {
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
      expect(version, name).toBe(name.startsWith("@ashlar/") ? "workspace:^" : "catalog:");
    }
  });
});

test("the workspace's own versions are exact, and those of the catalog", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const catalog = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  for (const [name, version] of Object.entries(devDependencies)) {
    // npm reads this manifest when somebody types `npm install`, and knows no catalog.
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    const shared = catalog.match(new RegExp(`^ {2}"?${name}"?: (.+)$`, "m"));
    if (shared !== null) expect(version, name).toBe(shared[1]);
  }
});

/** Not in a workspace that was installed before it was needed. */
const hasBundler = existsSync(join(root, "node_modules/rolldown"));
const canBundle = hasBundler && existsSync(join(root, "packages/core/dist/index.js"));

test.skipIf(!canBundle)("a bundle has what the modules have", async () => {
  const { bundlePackage } = await import("../../scripts/bundle.mjs");
  const folder = join(root, "packages/core");
  const bundle = mkdtempSync(join(root, "node_modules/.bundle-"));
  onTestFinished(() => rmSync(bundle, { recursive: true }));
  await bundlePackage(folder, bundle);
  const entries = { index: "index", testing: "testing/index" };
  for (const [name, entry] of Object.entries(entries)) {
    const modules: object = await import(join(folder, `dist/${entry}.js`));
    const bundled: object = await import(join(bundle, `${name}.js`));
    expect(Object.keys(bundled).toSorted()).toEqual(Object.keys(modules).toSorted());
  }
  for (const name of readdirSync(bundle)) {
    const text = readFileSync(join(bundle, name), "utf8");
    if (name.endsWith(".map")) {
      const { sources } = JSON.parse(text) as { sources: string[] };
      for (const source of sources) expect(source).toMatch(/\/src\/.*\.ts$/);
      expect(sources.filter((source) => !existsSync(join(bundle, source)))).toEqual([]);
      continue;
    }
    // Dependencies are loaded where they are needed: see `start-up.test.ts`.
    const imports = text.matchAll(/^import .*?"(.*)";$/gm);
    const others = [...imports].filter(([, from]) => !/^(?:node:|\.)/.test(from!));
    if (name !== "testing.js") expect(others).toEqual([]);
  }
});

describe.each(publishedPackages().map((each) => [each.manifest.name, each] as const))(
  "%s, published",
  (_, each) => {
    const { folder, manifest } = each;
    const isBundled = manifest.publishConfig !== undefined;

    test("has no side effects, a licence, and files that source maps resolve to", () => {
      expect(manifest).toMatchObject({
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        sideEffects: false,
        files: ["dist", "src", "!dist/.tsbuildinfo"],
      });
      expect(readFileSync(join(root, folder, "LICENSE"), "utf8")).toBe(
        readFileSync(join(root, "LICENSE"), "utf8"),
      );
    });

    test("exports its source to the workspace and its build to everybody else", () => {
      for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
        if (subpath === "./package.json") continue;
        const path = subpath === "." ? "index" : `${subpath.slice(2)}/index`;
        const bundle = `./dist/bundle/${subpath === "." ? "index" : subpath.slice(2)}.js`;
        expect(Object.entries(target)).toEqual([
          ["@ashlar/source", `./src/${path}.ts`],
          ["types", `./dist/${path}.d.ts`],
          ...(isBundled ? [["@ashlar/bundle", bundle]] : []),
          ["default", `./dist/${path}.js`],
        ]);
        if (!isBundled) continue;
        expect(manifest.publishConfig.exports?.[subpath]).toEqual({
          types: `./dist/${path}.d.ts`,
          default: bundle,
        });
      }
      expect(manifest.exports).toMatchObject({ ".": {}, "./package.json": "./package.json" });
    });

    // Without a build there is nothing to pack; `npm test` always builds first.
    test.skipIf(!existsSync(join(root, folder, "dist/index.js")) || (isBundled && !canBundle))(
      "satisfies publint and attw once packed",
      // Whatever the limit of the others: this packs, unpacks, and asks the compiler three times.
      { timeout: 600_000 },
      async () => {
        const tarball = await pack(each);
        const { messages, pkg } = await publint({
          pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer },
          strict: true,
        });
        expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
        const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
        await run(process.execPath, [attw, "--profile", "esm-only", "--no-color", tarball]);
      },
    );
  },
);

/** Packs a package into a temporary folder, without scripts or network; resolves to the tarball. */
async function pack({ folder, manifest }: Package): Promise<string> {
  const destination = mkdtempSync(join(tmpdir(), "ashlar-pack-"));
  onTestFinished(() => rmSync(destination, { recursive: true }));
  const copy = join(destination, "package");
  const isOurs = (path: string): boolean => !path.includes("node_modules");
  cpSync(join(root, folder), copy, { recursive: true, filter: isOurs });
  if (manifest.publishConfig !== undefined) {
    const { bundlePackage } = await import("../../scripts/bundle.mjs");
    await bundlePackage(copy, join(copy, "dist/bundle"));
    // As pnpm does.
    const { publishConfig, ...others } = manifest;
    writeFileSync(join(copy, "package.json"), JSON.stringify({ ...others, ...publishConfig }));
  }
  const options = ["--offline", "--ignore-scripts", "--pack-destination", destination];
  await run("npm", ["pack", ...options], copy);
  return join(
    destination,
    readdirSync(destination).find((name) => name.endsWith(".tgz"))!,
  );
}

/** Runs a program to its end; a failure carries all that it wrote. */
async function run(program: string, argv: string[], cwd = root): Promise<string> {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  try {
    return (await promisify(execFile)(program, argv, { cwd, env })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${argv.join(" ")}\n${stdout}${stderr}`, { cause: error });
  }
}
