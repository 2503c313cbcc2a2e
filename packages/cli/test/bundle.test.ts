/**
 * The program as it is published: in a bundle, whose parts import each other in other ways than its modules do.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";

import { Project, small, whyNot } from "./rig.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
const hasBundler = existsSync(join(folder, "../../node_modules/rolldown"));

test.skipIf(whyNot !== undefined || !hasBundler)("every command can be loaded", async () => {
  const { bundlePackage } = await import("../../../scripts/bundle.mjs");
  const bundle = mkdtempSync(join(folder, "node_modules/.bundle-"));
  onTestFinished(() => rmSync(bundle, { recursive: true }));
  await bundlePackage(folder, bundle);
  using project = new Project({ "ashlar.build.ts": small, "src/a.txt": "hello\n" });
  const run = async (words: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await execa(
      process.execPath,
      [join(bundle, "bin.js"), ...words.split(" ")],
      { cwd: project.folder, env: project.env, extendEnv: false, reject: false },
    );
    return `${exitCode}: ${stderr}${stdout}`;
  };
  expect(await run("build")).toMatch(/^0: [^]*succeeded in .*: 3 ran$/);
  expect(await run("explain stage-failed")).toMatch(/^0: # STAGE_FAILED/);
  expect(await run("plan checks")).toMatch(/^0: 3 reused, 0 to run/);
  expect(await run("graph --html g.html")).toMatch(/^0: g.html: 3 stages/);
  expect(await run("trace t.json")).toMatch(/^0: t.json: 3 commands/);
  expect(await run("repro test out")).toMatch(/^0: out: run it/);
  expect(await run("build --reporter github")).toMatch(/^0: succeeded/);
});

test.skipIf(!existsSync(join(folder, "dist/page.html")))(
  "what pages are made from is in what is published",
  async () => {
    const words = ["pack", "--dry-run", "--json", "--offline", "--ignore-scripts"];
    const { stdout } = await execa("npm", words, { cwd: folder });
    const [packed] = JSON.parse(stdout) as [
      { readonly files: readonly { readonly path: string }[] },
    ];
    expect(packed.files.map(({ path }) => path)).toContain("dist/page.html");
  },
);
