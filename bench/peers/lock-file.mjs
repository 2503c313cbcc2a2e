/**
 * What a `Cargo.lock` says about who needs whom.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/**
 * The external crates that are another when a crate is: itself, and all that depends on it.
 *
 * @param {string} path of a lock file
 * @param {string} name of a crate of which there is one version
 * @returns {string[]} `<name> <version>`, sorted
 */
export function dependentsOf(path, name) {
  const packages = readFileSync(path, "utf8").split("[[package]]\n").slice(1).map(parsePackage);
  /** @type {Set<string>} */
  const found = new Set([name]);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const each of packages) {
      if (each.dependencies.some((one) => found.has(one))) found.add(each.name);
    }
  }
  return packages
    .filter((each) => each.isExternal && found.has(each.name))
    .map((each) => `${each.name} ${each.version}`)
    .toSorted();
}

/**
 * @param {string} entry
 * @returns {{ name: string, version: string, isExternal: boolean, dependencies: string[] }}
 */
function parsePackage(entry) {
  const field = (/** @type {string} */ key) => new RegExp(`^${key} = "(.*)"`, "m").exec(entry)?.[1];
  const list = /^dependencies = \[\n([^\]]*)\]/m.exec(entry)?.[1] ?? "";
  return {
    name: field("name") ?? "",
    version: field("version") ?? "",
    isExternal: field("source") !== undefined,
    dependencies: [...list.matchAll(/^ "([^ "]+)/gm)].map(([, name = ""]) => name),
  };
}
