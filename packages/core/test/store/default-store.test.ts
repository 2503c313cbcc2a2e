/**
 * Where the store is, when nobody says.
 *
 * @module
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

import { expect, test } from "vitest";

import { defaultStoreDirectory } from "../../src/store/default-store.ts";

test.each<[string, Record<string, string | undefined>, NodeJS.Platform, string]>([
  ["named", { ASHLAR_STORE: "/var/store" }, "linux", "/var/store"],
  ["named, relative", { ASHLAR_STORE: "store" }, "linux", resolve("store")],
  ["named over all else", { ASHLAR_STORE: "/s", XDG_CACHE_HOME: "/c" }, "darwin", "/s"],
  ["not named by nothing", { ASHLAR_STORE: "" }, "linux", join(homedir(), ".cache/ashlar")],
  ["of the desktop", { XDG_CACHE_HOME: "/c" }, "linux", "/c/ashlar"],
  ["of the user", { XDG_CACHE_HOME: "" }, "linux", join(homedir(), ".cache/ashlar")],
  ["of a Mac", { XDG_CACHE_HOME: "/c" }, "darwin", join(homedir(), "Library/Caches/ashlar")],
])("%s", (_, env, platform, expected) => {
  expect(defaultStoreDirectory(env, platform)).toBe(expected);
});
