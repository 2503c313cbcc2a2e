/**
 * BuildGrid: a scheduler in Python with a database, and a worker of buildbox's that is a client of it.
 *
 * The other real services execute what they are given themselves. Here, an action waits in a queue until a worker asks for
 * one that its platform fits, and what it made comes from the worker to the storage, and from there to us.
 *
 * @module
 */
import * as fs from "node:fs";
import { dirname, join } from "node:path";

import { freePort } from "./free-port.ts";
import { Daemon, newFolder, programOf, Servers, type Server } from "./servers.ts";

/** Starts PostgreSQL, BuildGrid and a worker for two commands at once on `{ ISA: "x86-64", OSFamily: "linux" }`. */
export async function startBuildgrid(): Promise<Server> {
  const folder = newFolder();
  const [port, sql] = [await freePort(), await freePort()];
  const database = join(folder, "database");
  const template = join(
    dirname(fs.realpathSync(programOf("buildgrid-postgres") ?? "")),
    "database",
  );
  fs.cpSync(template, database, { recursive: true });
  const home = join(folder, "home");
  fs.mkdirSync(home);
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: home, TMPDIR: "/tmp" };
  const config = join(folder, "grid.yml");
  fs.writeFileSync(config, configuration(port, sql, join(folder, "storage")));
  const speed = ["fsync=off", "shared_buffers=16MB", "listen_addresses=127.0.0.1"];
  const postgres = new Daemon(
    "buildgrid-postgres",
    ["-D", database, "-k", folder, "-p", String(sql), ...speed.flatMap((each) => ["-c", each])],
    { folder, port: sql },
  );
  const grid = new Daemon("bgd", ["server", "start", config], { folder, port });
  const worker = new Daemon(
    "buildbox-worker",
    [
      ...["--remote", `http://127.0.0.1:${port}`, "--concurrent-jobs", "2"],
      ...["--buildbox-run", programOf("buildbox-run-hosttools") ?? ""],
      "--runner-arg=--disable-localcas",
      ...["--platform", "OSFamily=linux", "--platform", "ISA=x86-64", "worker"],
    ],
    { folder, env },
  );
  return await Servers.start(folder, grid, [postgres, grid, worker]);
}

/** In its own words. What a bot has not asked for within five seconds is handed to another one. */
function configuration(port: number, sql: number, storage: string): string {
  return `
server:
  - !channel
    address: "127.0.0.1:${port}"
    insecure-mode: true
authorization:
  method: none
connections:
  - !sql-connection &sql
    connection-string: postgresql://bgd@127.0.0.1:${sql}/bgd
storages:
  - !disk-storage &cas
    path: ${storage}
caches:
  - !lru-action-cache &results
    storage: *cas
    max-cached-refs: 10000
    allow-updates: true
    cache-failed-actions: true
schedulers:
  - !sql-scheduler &scheduler
    sql: *sql
    storage: *cas
    action-cache: *results
    bot-session-keepalive-timeout: 10
    property-set: !dynamic-property-set
      match-property-keys: []
      wildcard-property-keys: []
    assigners:
      - !priority-age-assigner
        count: 1
        interval: 0.02
instances:
  - name: ""
    services:
      - !action-cache
        cache: *results
      - !execution
        scheduler: *scheduler
      - !cas
        storage: *cas
      - !bytestream
        storage: *cas
thread-pool-size: 100
`;
}
