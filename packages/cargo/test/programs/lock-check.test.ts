import { expect, test } from "vitest";

import type { LocalPackage } from "../../src/programs/locals.ts";
import { checkLock } from "../../src/programs/lock-check.ts";
import type { LockedPackage } from "../../src/programs/lock.ts";

/** A member that depends on others. */
function local(name: string, version: string, needs: readonly string[] = []): LocalPackage {
  const directory = `/ws/${name}`;
  return {
    ...{ name, version, directory, manifest: `${directory}/Cargo.toml`, targets: [] },
    ...{ features: [], pathDependencies: [], workspaceRoot: "/ws", isMember: true, isKept: false },
    dependencies: needs.map((need) => ({ name: need, isDev: false })),
  };
}

/** What a lock file has of a member. */
function locked(
  name: string,
  version: string,
  dependencies: readonly string[] = [],
): LockedPackage {
  return { name, version, source: undefined, checksum: undefined, dependencies };
}

test("a lock file that has everything is right", () => {
  const packages = [local("app", "0.1.0", ["core"]), local("core", "0.2.0")];
  const lock = [locked("app", "0.1.0", ["core 0.2.0"]), locked("core", "0.2.0")];
  expect(() => checkLock({ packages, lock })).not.toThrow();
});

test("all that is different is listed, of one package too", () => {
  const packages = [local("app", "0.2.0", ["moat"]), local("new", "0.1.0")];
  const lock = [locked("app", "0.1.0", ["core"])];
  expect(() => checkLock({ packages, lock })).toThrow(
    "Cargo.lock disagrees with the manifests:\n" +
      "  `app` has the version 0.2.0, there 0.1.0\n" +
      "  `app` depends on `moat`, and not there\n" +
      "  `app` does not depend on `core` any more\n" +
      "  `new` is not in it",
  );
});

test("of two packages of a name with other versions, none is compared", () => {
  const lock = [locked("app", "0.1.0", ["core"]), locked("app", "0.2.0", ["core"])];
  expect(() => checkLock({ packages: [local("app", "0.3.0")], lock })).toThrow(
    /manifests: `app` has the version 0.3.0, there 0.1.0$/,
  );
});

test("a long list is cut", () => {
  const packages = Array.from({ length: 30 }, (_, at) => local(`part-${at}`, "0.1.0"));
  expect(() => checkLock({ packages, lock: [] })).toThrow(
    /disagrees with the manifests:(\n {2}`part-\d+` is not in it){12}\n {2}and 18 more$/,
  );
});
