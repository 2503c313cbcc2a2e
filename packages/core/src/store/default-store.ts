/**
 * Where the store is, when nobody says.
 *
 * @module
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The parts of an environment that decide. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The default directory of the store: `ASHLAR_STORE`, else `ashlar` in the platform's place for caches
 * (`XDG_CACHE_HOME` or `~/.cache`; on macOS `~/Library/Caches`).
 */
export function defaultStoreDirectory(env: Environment, platform: NodeJS.Platform): string {
  const named = env["ASHLAR_STORE"];
  if (named !== undefined && named !== "") return resolve(named);
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "ashlar");
  const caches = env["XDG_CACHE_HOME"];
  return join(caches !== undefined && caches !== "" ? caches : join(homedir(), ".cache"), "ashlar");
}
