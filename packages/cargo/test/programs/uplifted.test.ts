import { expect, test } from "vitest";

import type { LocalPackage } from "../../src/programs/locals.ts";
import { upliftedFiles } from "../../src/programs/uplifted.ts";

const local = (name: string, isMember: boolean, isKept: boolean): LocalPackage => ({
  ...{ name, version: "1.0.0", directory: `/ws/${name}`, manifest: `/ws/${name}/Cargo.toml` },
  ...{ isMember, isKept, features: [], pathDependencies: [], workspaceRoot: "/ws" },
  targets: [
    { name, kind: ["lib"], crateTypes: ["lib"], path: `/ws/${name}/lib.rs`, requiredFeatures: [] },
  ],
});

test("what members that are kept are built into gets a second name, and nothing else", () => {
  const packages = [
    local("my-foo", true, true),
    local("stub", true, false),
    local("off", false, true),
  ];
  const isUplifted = upliftedFiles({ packages });
  const hash = "0123456789abcdef";
  const paths = [
    `debug/deps/libmy_foo-${hash}.rlib`,
    `x86_64-unknown-linux-gnu/release/deps/my_foo-${hash}`,
    `debug/deps/my-foo-${hash}.d`,
    `debug/deps/libmy_foo_more-${hash}.rlib`,
    `debug/deps/libstub-${hash}.rlib`,
    `debug/deps/liboff-${hash}.rlib`,
    `debug/.fingerprint/my-foo-${hash}`,
  ];
  expect(paths.map(isUplifted)).toEqual([true, true, true, false, false, false, false]);
});
