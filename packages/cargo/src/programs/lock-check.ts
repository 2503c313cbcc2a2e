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

/** Compares local packages with what the lock file has of them. @throws {@link Failure} where they differ. */
export function checkLock({ packages, lock }: Pick<Locals, "lock" | "packages">): void {
  const differences = packages.flatMap((local) => differencesOf(local, lock));
  if (differences.length === 0) return;
  const [first = ""] = differences;
  const more = differences.length > 1 ? `, and ${differences.length - 1} more` : "";
  throw new Failure(`Cargo.lock disagrees with the manifests: ${first}${more}`, {
    hint: [
      "bring it up to date with `cargo update --workspace`, and keep it with the sources",
      ...differences.slice(1).map((difference) => `      ${difference}`),
    ].join("\n"),
  });
}

/** What is different about one package, each in a clause. */
export function differencesOf(
  { name, version, dependencies, isMember }: LocalPackage,
  lock: readonly LockedPackage[],
): readonly string[] {
  // A manifest that was read in part is of a patch, which need not be used.
  if (dependencies === undefined) return [];
  const entries = lock.filter((one) => one.name === name && one.source === undefined);
  const entry = entries.find((one) => one.version === version);
  const [other] = entries;
  if (other === undefined) return [`\`${name}\` is not in it`];
  if (entry === undefined) {
    return [`\`${name}\` has the version ${version}, there ${other.version}`];
  }
  const locked = new Set(entry.dependencies.map((reference) => reference.split(" ", 1).join("")));
  const declared = new Set(dependencies.map((one) => one.name));
  // What only tests of a package need is locked for members alone.
  const wanted = dependencies.filter(({ isDev }) => isMember || !isDev);
  const added = new Set(wanted.map((one) => one.name).filter((one) => !locked.has(one)));
  return [
    ...[...added].map((one) => `\`${name}\` depends on \`${one}\`, and not there`),
    ...[...locked]
      .filter((one) => !declared.has(one))
      .map((one) => `\`${name}\` does not depend on \`${one}\` any more`),
  ];
}
