import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, beforeEach, describe, expect, test } from "vitest";

import type { Layer } from "../../src/programs/layer.ts";
import { LinkedLayer } from "../../src/programs/linked-layer.ts";
import { MovedLayer } from "../../src/programs/moved-layer.ts";
import { forgetTimes, walk } from "../../src/programs/tree.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-layer-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const library = "release/deps/liba-1.rlib";
const fingerprint = "release/.fingerprint/a-1/lib-a";
const script = "release/build/a-1/build-script-build";
const written = "release/build/a-1/out/b.h";
const marker = ".ashlar-deps.json";

const kinds: readonly [string, (base: string, target: string) => Layer][] = [
  ["links", (base, target) => new LinkedLayer(base, target)],
  ["moved files", (base, target) => new MovedLayer(base, target)],
];
describe.each(kinds)("a layer of %s", (_, lay) => {
  const base = join(folder, "deps");
  const target = join(folder, "target");
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const left = (): readonly string[] =>
    [...walk(target)].filter(({ kind }) => kind !== "directory").map(({ path }) => path);

  beforeEach(() => {
    for (const each of [base, target]) rmSync(each, { recursive: true, force: true });
    for (const path of [library, fingerprint, script, written, marker]) put(join(base, path), path);
    chmodSync(join(base, library), 0o444);
    forgetTimes(base);
  });

  test("shows all that is below it, and leaves nothing of that", () => {
    const layer = lay(base, target);
    for (const path of [library, fingerprint, script, written]) {
      expect(readFileSync(join(target, path), "utf8")).toBe(path);
    }
    expect(existsSync(join(target, marker))).toBe(false);
    layer.remove();
    expect([...walk(target)]).toEqual([]);
  });

  test("leaves what is new, and what took the place of something", () => {
    const layer = lay(base, target);
    put(join(target, "release/deps/libapp-2.rlib"), "app");
    unlinkSync(join(target, library));
    put(join(target, library), "a again");
    layer.remove();
    expect(left()).toEqual(["release/deps/liba-1.rlib", "release/deps/libapp-2.rlib"]);
    expect(readFileSync(join(target, library), "utf8")).toBe("a again");
  });

  test("is below what is there already", () => {
    put(join(target, library), "own");
    const layer = lay(base, target);
    expect(readFileSync(join(target, library), "utf8")).toBe("own");
    layer.remove();
    expect(left()).toEqual([library]);
  });
});

test("moved files may be written to; those with other names are copied", () => {
  const [base, target] = [join(folder, "base"), join(folder, "over")];
  mkdirSync(base);
  writeFileSync(join(base, "shared"), "shared", { mode: 0o444 });
  linkSync(join(base, "shared"), join(folder, "elsewhere"));
  const layer = new MovedLayer(base, target);
  writeFileSync(join(target, "shared"), "changed");
  expect(readFileSync(join(folder, "elsewhere"), "utf8")).toBe("shared");
  expect(lstatSync(join(folder, "elsewhere")).mode & 0o777).toBe(0o444);
  layer.remove();
  expect(readFileSync(join(target, "shared"), "utf8")).toBe("changed");
});

test("what a layer of links refuses is told from what tests print", () => {
  const base = join(folder, "refusing");
  mkdirSync(join(base, "release"), { recursive: true });
  writeFileSync(join(base, "release/file"), "");
  const layer = new LinkedLayer(base, join(folder, "refused"));
  expect(
    layer.hasRefused(["error: failed to write", "  Read-only file system (os error 30)"]),
  ).toBe(true);
  expect(layer.hasRefused(["error[E0308]: mismatched types"])).toBe(false);
  expect(layer.hasRefused(["     Running unittests src/lib.rs", "Permission denied"])).toBe(false);
});
