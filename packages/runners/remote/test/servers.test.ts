import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { programOf, startBazelRemote, startCasd, withServer } from "./servers.ts";

// That the servers of the other tests are what they are taken for: seen by clients that are not ours.
withServer("casd", "servers", () => {
  test("it runs what its own client asks for, and remembers it over a restart", async () => {
    await using server = await startCasd({ jobs: 1 });
    const folder = mkdtempSync(join(tmpdir(), "ashlar-inputs-"));
    try {
      writeFileSync(join(folder, "in"), "content");
      const words = ["--remote", `http://127.0.0.1:${server.port}`, "--input-path", folder];
      const client = programOf("trexe") ?? "";
      // Whether it runs again shows in what it prints.
      const run = (): string =>
        execFileSync(client, [...words, "sh", "-c", "cat in; date +%s.%N"], { encoding: "utf8" });
      const first = run();
      expect(first).toMatch(/^content\d+\.\d+\n$/);
      await server.stop();
      await server.start();
      expect(run()).toBe(first);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

withServer("bazel-remote", "servers", () => {
  test("it starts, and starts again on its port", async () => {
    await using server = await startBazelRemote();
    const { port } = server;
    await server.stop();
    await server.start();
    expect(server.port).toBe(port);
    expect(server.log()).toContain(`127.0.0.1:${port}`);
  });
});
