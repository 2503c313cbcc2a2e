/** The examples with containers, run as a user would, on each engine that is here. */
import { join } from "node:path";

import { execa } from "execa";
import { expect, test } from "vitest";

import { folder, onEachEngine } from "../../runners/container/test/rig.ts";

const compiled = new URL("../dist/", import.meta.url).pathname;

/** Runs an example in a directory with a store of its own. Returns its lines. */
async function lines(place: string, script: string, ...words: string[]): Promise<string[]> {
  const { stdout } = await execa("node", [join(compiled, `${script}.js`), ...words], {
    cwd: place,
    env: { ASHLAR_STORE: join(place, "store") },
  });
  return stdout.split("\n");
}

onEachEngine("examples", (engine) => {
  test("the same pipeline on this machine and in a container gives the same page", async () => {
    const place = folder();
    const [, , here] = await lines(place, "containers");
    const there = await lines(place, "containers", engine.name, engine.image);
    expect(there.slice(0, 2)).toEqual([
      "render: ran (container/container)",
      "check: ran (container/container)",
    ]);
    expect(there[2]).toBe(here);
    // Neither has taken the place of the other.
    expect((await lines(place, "containers"))[0]).toContain("render: reused (local/");
  });

  test("a root file system is made here, and stages run in it", async () => {
    const place = folder();
    const first = await lines(place, "rootfs", engine.name);
    expect(first).toEqual([
      expect.stringMatching(/^rootfs: ran \(local\//),
      "words: ran (container/container)",
      expect.stringMatching(/^count: ran \(local\//),
      expect.stringMatching(/^\d+ words$/),
    ]);
    const second = await lines(place, "rootfs", engine.name);
    expect(second.slice(0, 3).every((line) => line.includes(": reused"))).toBe(true);
  });
});
