/**
 * Whether `Cargo.lock` still says what the manifests say.
 *
 * Cargo only says that the lock file needs an update. Here it is known of which package, and why.
 * Requirements of versions are left to cargo.
 *
 * @module
 */
import { Failure } from "./failure.ts";
import type { LocalPackage, Locals } from "./locals.ts";
import type { LockedPackage } from "./lock.ts";

/** More than these would push what to do about it off the screen. */
const SHOWN = 12;

/** Compares local packages with what the lock file has of them. @throws {@link Failure} where they differ. */
export function checkLock({ packages, lock }: Pick<Locals, "lock" | "packages">): void {
  const differences = packages.flatMap((local) => differencesOf(local, lock));
  if (differences.length === 0) return;
  throw new Failure(`Cargo.lock disagrees with the manifests:${listed(differences)}`, {
    hint: "bring it up to date with `cargo update --workspace`, and keep it with the sources",
  });
}

/** One difference behind the colon, several below it. */
function listed(differences: readonly string[]): string {
  const [first = "", ...others] = differences;
  if (others.length === 0) return ` ${first}`;
  const shown = differences.slice(0, SHOWN);
  const left = differences.length - shown.length;
  const lines = left === 0 ? shown : [...shown, `and ${left} more`];
  return lines.map((line) => `\n  ${line}`).join("");
}

/** What is different about one package, each in a clause. */
function differencesOf(
  { name, version, dependencies, isMember }: LocalPackage,
  lock: readonly LockedPackage[],
): readonly string[] {
  // A manifest that was read in part is of a patch, which need not be used.
  if (dependencies === undefined) return [];
  const entries = lock.filter((one) => one.name === name && one.source === undefined);
  const [other, twin] = entries;
  if (other === undefined) return [`\`${name}\` is not in it`];
  const same = entries.find((one) => one.version === version);
  // Of several with other versions, nobody knows which one it was.
  const entry = same ?? (twin === undefined ? other : undefined);
  const moved = `\`${name}\` has the version ${version}, there ${other.version}`;
  if (entry === undefined) return [moved];
  const locked = new Set(entry.dependencies.map((reference) => reference.split(" ", 1).join("")));
  const declared = new Set(dependencies.map((one) => one.name));
  // What only tests of a package need is locked for members alone.
  const wanted = dependencies.filter(({ isDev }) => isMember || !isDev);
  const added = new Set(wanted.map((one) => one.name).filter((one) => !locked.has(one)));
  return [
    ...(same === undefined ? [moved] : []),
    ...[...added].map((one) => `\`${name}\` depends on \`${one}\`, and not there`),
    ...[...locked]
      .filter((one) => !declared.has(one))
      .map((one) => `\`${name}\` does not depend on \`${one}\` any more`),
  ];
}
