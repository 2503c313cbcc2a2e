/**
 * Some packages of a workspace, at the top of the sources and in a folder: which crates are fetched for them, and what
 * runs when others change.
 *
 *     app  ──▶ near ──▶ leaf ┄┄▶ extra           near, far: packages beside the workspace, of one other workspace
 *     tool ──▶ far, shape, leaf with `more`      leaf needs extra only with `more`, which only tool turns on
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { cargo } from "@ashlar/cargo";
import { source, tryBuild, type Handle, type Report } from "@ashlar/core";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { HttpServer } from "./rig/http-server.ts";
import {
  externalCrate,
  localCrate,
  manifestOf,
  packCrate,
  writeProject,
} from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";

const { runner, folder, missing, title } = await rustTests("subset-fetching");

const crates = join(folder, "crates");
mkdirSync(crates);
const sums: Record<string, string> = {};
const answers: Record<string, Buffer> = {};
for (const [name, version, files] of [
  [
    "leaf",
    "1.0.0",
    {
      "Cargo.toml":
        '[features]\nmore = ["extra"]\n[dependencies]\nextra = { version = "1", optional = true }',
      "src/lib.rs": "pub fn leaf() -> u32 { 1 }",
    },
  ],
  ["extra", "1.0.0", { "src/lib.rs": "" }],
  ["shape", "1.0.0", { "src/lib.rs": "pub fn shape() {}" }],
  ["shape", "1.1.0", { "src/lib.rs": "pub fn shape() {} pub fn size() {}" }],
] as const) {
  const file = `${name}-${version}.crate`;
  sums[`${name} ${version}`] = packCrate(crates, name, version, files);
  answers[`/${file}`] = readFileSync(join(crates, file));
}
const server = await HttpServer.start(answers);
afterAll(async () => await server[Symbol.asyncDispose]());

const member = (name: string, dependencies: string): string =>
  manifestOf(name, `[dependencies]\n${dependencies}`);

describe.skipIf(missing.length > 0).each(["", "rust"])(`in \`%s\`, ${title}`, (at) => {
  const root = join(folder, at || "top", "sources");
  const below = at === "" ? "" : `${at}/`;
  const aside = `${at === "" ? "" : "../"}../beside`;
  const rust = cargo({
    src: source(root),
    ...(at !== "" && { workspace: at }),
    profile: "dev",
    registries: [{ index: "crates-io", dl: `${server.url("")}/{crate}-{version}.crate` }],
  });

  function lock(shape: string): void {
    const entries = [
      localCrate("app", "0.1.0", ["near"]),
      externalCrate("extra", "1.0.0", sums["extra 1.0.0"]!),
      localCrate("far", "0.1.0"),
      externalCrate("leaf", "1.0.0", sums["leaf 1.0.0"]!) + 'dependencies = [\n"extra",\n]\n',
      localCrate("near", "0.1.0", ["leaf"]),
      externalCrate("shape", shape, sums[`shape ${shape}`]!),
      localCrate("tool", "0.1.0", ["far", "leaf", "shape"]),
    ];
    writeProject(root, { [`${below}Cargo.lock`]: `version = 4\n\n${entries.join("\n")}` });
  }

  async function run(target: Handle): Promise<Report> {
    return await tryBuild(target, { runner, store: join(folder, at || "top", "store") });
  }

  beforeAll(() => {
    lock("1.0.0");
    writeProject(root, {
      [`${below}Cargo.toml`]:
        '[workspace]\nmembers = ["app", "tool"]\nexclude = ["beside"]\nresolver = "2"',
      [`${below}app/Cargo.toml`]: member("app", `near = { path = "${aside}/near" }`),
      [`${below}app/src/main.rs`]: 'fn main() { println!("{}", near::near()); }',
      [`${below}tool/Cargo.toml`]: member(
        "tool",
        `far = { path = "${aside}/far" }\nleaf = { version = "1", features = ["more"] }\nshape = "1"`,
      ),
      [`${below}tool/src/main.rs`]: "fn main() { shape::shape(); }",
      "beside/Cargo.toml":
        '[workspace]\nmembers = ["near", "far", "none"]\n[workspace.package]\nversion = "0.1.0"',
      "beside/near/Cargo.toml":
        '[package]\nname = "near"\nversion.workspace = true\nedition = "2021"\n[dependencies]\nleaf = "1"',
      "beside/near/src/lib.rs": "pub fn near() -> u32 { leaf::leaf() }",
      "beside/far/Cargo.toml":
        '[package]\nname = "far"\nversion.workspace = true\nedition = "2021"',
      "beside/far/src/lib.rs": "",
      // Nobody needs it, but it must be there whenever cargo reads that workspace.
      "beside/none/Cargo.toml": '[package]\nname = "none"\nversion.workspace = true',
      "beside/none/src/lib.rs": "",
    });
  });

  const app = rust.buildPackage({ packages: ["app"] });

  test("no more is fetched than they may need, and no more is given to cargo than they do", async () => {
    server.asked.length = 0;
    const report = await run(app);
    expect(report.errors).toEqual([]);
    await report.export(app.installed, join(folder, at || "top", "installed"));
    expect((await execa(join(folder, at || "top", "installed/bin/app"))).stdout).toBe("1");
    // Which optional crates are left, cargo says only when it has seen them.
    expect(server.asked.toSorted()).toEqual(["/extra-1.0.0.crate", "/leaf-1.0.0.crate"]);
    expect(report.stages.filter(({ name }) => name.startsWith("unpack-"))).toHaveLength(2);
    const deps = report.stages.find(({ name }) => name === "deps");
    const log = deps === undefined ? "" : await report.log(deps);
    expect(log).toContain("Compiling leaf");
    expect(log).not.toContain("extra");
  });

  test("another version of a crate of others fetches nothing, and runs nothing but what looks at the lock file", async () => {
    server.asked.length = 0;
    lock("1.1.0");
    const report = await run(app);
    expect(report.errors).toEqual([]);
    expect(report.ran).toEqual(["subset"]);
    expect(server.asked).toEqual([]);
  });

  test("code of others runs nothing, and neither do their manifests beyond that", async () => {
    writeProject(root, {
      [`${below}tool/src/main.rs`]: "fn main() { shape::size(); }",
      "beside/far/src/lib.rs": "// A comment.",
    });
    const code = await run(app);
    expect(code.ran).toEqual([]);
    writeProject(root, { [`${below}tool/build.rs`]: "fn main() {}" });
    expect((await run(app)).ran).toEqual(["subset"]);
  });

  test("all of the workspace has all crates", async () => {
    server.asked.length = 0;
    const report = await run(rust.cargoCheck());
    expect(report.errors).toEqual([]);
    expect(server.asked).toEqual(["/shape-1.1.0.crate"]);
  });
});
