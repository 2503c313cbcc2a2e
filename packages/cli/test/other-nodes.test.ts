/**
 * The program with other versions of Node than the one that runs the tests: `npm run nodes` gets them.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { execa } from "execa";
import { describe, expect, test } from "vitest";

import { program, Project, small, whyNot } from "./rig.ts";

const place = fileURLToPath(
  new URL("../../../node_modules/.cache/nodes/node_modules", import.meta.url),
);

describe.each([20, 22, 24])("with Node %i", (major) => {
  const own = process.version.startsWith(`v${major}.`) ? process.execPath : undefined;
  const node = own ?? `${place}/node${major}/bin/node`;
  const why = whyNot ?? (existsSync(node) ? undefined : "it is not here: `npm run nodes` gets it");

  test.skipIf(why !== undefined)(why === undefined ? "works" : `(${why})`, async () => {
    using project = new Project({
      "ashlar.build.ts": `${small}\nexport const level: number = 1 satisfies number;`,
      "src/a.txt": "hello\n",
    });
    const run = async (words: string): Promise<string> => {
      const options = { cwd: project.folder, env: project.env, extendEnv: false, reject: false };
      const { stdout, stderr, exitCode } = await execa(
        node,
        [program, ...words.split(" ")],
        options,
      );
      return `${exitCode}: ${stderr}${stdout}`;
    };
    const { stdout } = await execa(node, ["--version"]);
    expect(stdout).toMatch(new RegExp(`^v${major}\\.`));
    expect(await run("--version")).toMatch(/^0: \d+\.\d+\.\d+$/);
    expect(await run("build")).toMatch(/^0: [^]*succeeded in .*: 3 ran$/);
    expect(await run("build")).toMatch(/^0: succeeded in .*: 3 reused$/);
    expect(await run("why copied")).toContain("`copy` would be reused");
    expect(await run("logs copied")).toContain("copying");
    expect(await run("verify checks")).toMatch(/^0: [^]*copy {2}same/);
    project.write({ "src/a.txt": "hello, bad\n" });
    expect(await run("build -k --json")).toMatch(/^1: [^]*"outcome":"failed"/);
    project.write({ "ashlar.build.ts": "export const a = (;" });
    expect(await run("plan")).toMatch(/^2: error\[BUILD_FILE_SYNTAX\]: `ashlar.build.ts:1:18`/);
  });
});
