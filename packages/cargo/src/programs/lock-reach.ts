/**
 * What some local packages reach in a lock file: at most all that cargo may want for them.
 *
 * An entry has the dependencies of all features and platforms that anybody in the workspace asks for. So what is
 * reached by entries is never too little; it is too much where a crate is optional, and only others turn it on.
 *
 * @module
 */
import { resolveReference, type LockedPackage } from "./lock.ts";
import { asString, parseToml, tablesOf, type Table } from "./table.ts";
import { toml } from "./toml.ts";

/** Where to begin. */
export interface Reach {
  readonly lock: readonly LockedPackage[];
  readonly locals: readonly { readonly name: string; readonly version: string }[];
  /** Names of crates that a patch offers: cargo wants to see them, even where nothing uses them. @defaultValue none */
  readonly patches?: ReadonlySet<string>;
}

/** The lock file with no other packages. It is for cargo to go by, and not to be kept. */
export function reachableLock(text: string, path: string, reach: Reach): string {
  const lock = parseToml(text, path);
  const reached = new Set(reachable(reach).map(identity));
  const packages = tablesOf(lock["package"]).filter((entry) => reached.has(identityOf(entry)));
  return toml().stringify({ ...lock, package: packages });
}

/** The packages that are reached, in the order of the lock file. */
export function reachable({ lock, locals, patches }: Reach): readonly LockedPackage[] {
  const isLocal = new Set(locals.map(({ name, version }) => `${name} ${version}`));
  const found = new Set(
    lock.filter(
      ({ name, version, source }) => source === undefined && isLocal.has(`${name} ${version}`),
    ),
  );
  // A set that grows while it is walked is walked to its end.
  for (const { dependencies } of found) {
    for (const used of dependencies.flatMap((name) => resolveReference(lock, name))) {
      found.add(used);
    }
  }
  return lock.filter((entry) => found.has(entry) || patches?.has(entry.name) === true);
}

function identity({ name, version, source = "" }: LockedPackage): string {
  return `${name} ${version} ${source}`;
}

function identityOf(entry: Table): string {
  const [name = "", version = "", source = ""] = ["name", "version", "source"].map((key) =>
    asString(entry[key]),
  );
  return `${name} ${version} ${source}`;
}
