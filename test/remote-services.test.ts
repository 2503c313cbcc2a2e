/**
 * A store with a real service behind it, of the Remote Execution API: two machines, and a service that is restarted,
 * or gone.
 *
 * @module
 */
import { all, MemoryStore, source, systemClock, type Report } from "@ashlar/core";
import { remoteCache, withRemote, type RemoteOptions } from "@ashlar/runner-remote";
import { expect, test } from "vitest";

import { startBuildgrid } from "../packages/runners/remote/test/buildgrid.ts";
import { someBytes } from "../packages/runners/remote/test/remote-cache-contract.ts";
import {
  startBazelRemote,
  startCasd,
  withServer,
  type Server,
} from "../packages/runners/remote/test/servers.ts";
import { BuildRig } from "./rig/build-rig.ts";

const large = someBytes(3_000_000).toString("hex");

/** compile ──▶ obj/ ──▶ link ──▶ app, and `obj` has a large file and a deep one. */
async function buildOn(
  { endpoint }: Server,
  options: RemoteOptions,
  during?: () => Promise<void>,
): Promise<{ readonly report: Report; readonly app: string; readonly objects: readonly string[] }> {
  await using rig = await BuildRig.create();
  await using store = withRemote(new MemoryStore(), remoteCache(endpoint), options);
  rig.write({ "src/main.c": "int main" });
  const [obj, compile] = rig.stage("compile", { src: source("src") }, "obj/");
  const [app, link] = rig.stage("link", { obj }, "app");
  compile.always(async (call) => ({
    obj: { "main.o": await call.text("src/main.c"), "deep/er/lib.o": "lib", large },
  }));
  link.always(async (call) => {
    await during?.();
    return { app: `${await call.text("obj/main.o")}, linked` };
  });
  const report = await rig.build(all({ app, obj }), { store, clock: systemClock });
  return { report, app: await report.text(app), objects: await report.list(obj) };
}

const servers = {
  casd: startCasd,
  "bazel-remote": startBazelRemote,
  buildgrid: startBuildgrid,
} as const;

for (const [name, start] of Object.entries(servers)) {
  withServer(name as keyof typeof servers, "a remote cache behind a store", () => {
    test("what one machine has built, another finds, and executes nothing", async () => {
      await using server = await start();
      const made = await buildOn(server, { write: true });
      expect(made.report.ran).toEqual(["compile", "link"]);
      expect(made.report.remoteCache).toMatchObject({ sentResults: 2, failures: 0 });
      for (const fetch of ["needed", "targets", "all"] as const) {
        const found = await buildOn(server, { write: false, fetch });
        expect(found.report).toMatchObject({ ran: [], remoteCache: { hits: 2, failures: 0 } });
        expect([found.app, found.objects]).toEqual([made.app, made.objects]);
      }
    });

    test("it says what the roots of trees are, so that nobody has to look into them", async () => {
      await using server = await start();
      const make = async (isFirst: boolean): Promise<Report> => {
        await using rig = await BuildRig.create();
        await using store = withRemote(new MemoryStore(), remoteCache(server.endpoint), {
          ...{ write: isFirst, fetch: "needed" },
        });
        const [obj, compile] = rig.stage("compile", {}, "obj/");
        const [app, link] = rig.stage("link", { obj }, "app");
        compile.always({ obj: { "main.o": "o of main", "deep/er/lib.o": "o of lib" } });
        link.always({ app: "linked" });
        return await rig.build(app, { store, clock: systemClock });
      };
      expect((await make(true)).remoteCache).toMatchObject({ sentResults: 2, failures: 0 });
      const found = await make(false);
      expect(found).toMatchObject({ ran: [], remoteCache: { hits: 2, fetchedBlobs: 0 } });
    });

    test("a service that stops in the middle takes nothing from the build", async () => {
      await using server = await start();
      const made = await buildOn(server, { write: true }, async () => await server.stop());
      expect(made.report.ran).toEqual(["compile", "link"]);
      expect(made.report.remoteCache?.failures).toBeGreaterThan(0);
      expect(made.app).toBe("int main, linked");
    });
  });
}
