/**
 * A program for tests: a process that uses a cache.
 *
 *     <store> <name> once    appends its number, twice, with a pause in between
 *     <store> <name> hold    says that it holds the cache, and waits to be killed
 *
 * @module
 */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { DiskStore } from "../../src/store/disk-store.ts";

const [directory = "", name = "", what] = process.argv.slice(2);
const { signal } = new AbortController();
using turn = await new DiskStore(directory).caches.take(name, signal);
const path = join(turn.directory, "log");
if (what === "hold") {
  process.stdout.write("held\n");
  await sleep(60_000);
}
const before = (): string => readFileSync(path, { encoding: "utf8", flag: "a+" });
appendFileSync(path, `${process.pid} `);
const seen = before();
await sleep(20);
// Nobody else has written meanwhile.
appendFileSync(path, before() === seen ? `${process.pid}\n` : "disturbed\n");
