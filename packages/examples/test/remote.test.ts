/** The example with remote execution, run as a user would, on a service that is here. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { execa } from "execa";
import { expect, test } from "vitest";

import { startCasd, withServer } from "../../runners/remote/test/servers.ts";

const compiled = new URL("../dist/remote.js", import.meta.url).pathname;

withServer("casd", "examples", () => {
  test("what one machine has had executed, another one is given", async () => {
    await using server = await startCasd({
      jobs: 2,
      path: `${dirname(process.execPath)}:/usr/bin:/bin`,
    });
    const cwd = mkdtempSync(join(tmpdir(), "ashlar-example-"));
    try {
      const { stdout } = await execa("node", [compiled, server.endpoint], { cwd });
      expect(stdout.split("\n")).toEqual([
        "one machine: ran 2, reused 0",
        "another one: ran 0, reused 2",
      ]);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});
