import { parse } from "smol-toml";
import { expect, test } from "vitest";

import { parseGitSource } from "../../src/programs/git-source.ts";
import { disinherit } from "../../src/programs/inheritance.ts";
import { replaceSources } from "../../src/programs/source-replacement.ts";

const workspace = parse(`
  [package]
  version = "2.0.0"
  readme = "README.md"
  [dependencies]
  plain = "1"
  rich = { version = "2", features = ["a"], default-features = false }
  near = { path = "crates/near", version = "0.1" }
  [lints.rust]
  unsafe_code = "forbid"
`);

test("a manifest says for itself what it has inherited", () => {
  const manifest = parse(`
    [package]
    name = "member"
    version.workspace = true
    readme.workspace = true
    workspace = "../.."
    [dependencies]
    plain.workspace = true
    rich = { workspace = true, features = ["b", "a"], optional = true }
    own = "3"
    [target.'cfg(unix)'.build-dependencies]
    near = { workspace = true }
    [lints]
    workspace = true
  `);
  expect(disinherit(manifest, workspace as never, { toRoot: "../.." })).toEqual({
    package: { name: "member", version: "2.0.0", readme: "../../README.md" },
    dependencies: {
      plain: { version: "1" },
      rich: { version: "2", features: ["a", "b"], "default-features": false, optional: true },
      own: "3",
    },
    target: {
      "cfg(unix)": {
        "build-dependencies": { near: { path: "../../crates/near", version: "0.1" } },
      },
    },
    lints: { rust: { unsafe_code: "forbid" } },
  });
});

test("what the workspace does not have cannot be inherited", () => {
  const manifest = parse('[package]\nname = "a"\nedition.workspace = true');
  expect(() => disinherit(manifest, workspace as never, { toRoot: ".." })).toThrow(
    "`package.edition` is inherited",
  );
});

const commit = "0123456789abcdef0123456789abcdef01234567";

test.each([
  ["?branch=feature%2Fx", { kind: "branch", name: "feature/x" }],
  ["?tag=v1.0", { kind: "tag", name: "v1.0" }],
  ["?rev=0123456", { kind: "rev", name: "0123456" }],
  ["", undefined],
])("git sources: %s", (query, reference) => {
  const source = `git+https://host.example/a/b.git${query}#${commit}`;
  expect(parseGitSource(source)).toEqual({
    url: "https://host.example/a/b.git",
    reference,
    commit,
  });
});

test("a git source without a commit is refused", () => {
  expect(() => parseGitSource("git+https://host.example/a")).toThrow("no git source");
});

test("each source is replaced by a directory of its own", () => {
  const git = `git+https://host.example/a?branch=b%2Fc#${commit}`;
  const config = replaceSources([{ source: git, directory: "vendor/git-x/crates" }], {});
  expect(parse(config)).toMatchObject({
    source: {
      "crates-io": { "replace-with": "ashlar-vendor-crates-io" },
      "ashlar-vendor-crates-io": { directory: "vendor/crates-io" },
      "git+https://host.example/a?branch=b%2Fc": {
        git: "https://host.example/a",
        branch: "b/c",
        "replace-with": "ashlar-vendor-git-x-crates",
      },
      "ashlar-vendor-git-x-crates": { directory: "vendor/git-x/crates" },
    },
  });
});
