import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { restoreLinks, takeOutwardLinks } from "../../src/programs/outward-links.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-links-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const target = join(folder, "target");
const out = join(target, "debug/build/a-0123456789abcdef/out");

function put(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, path);
}

test("links become what a tree can hold, or are taken away and made again", () => {
  put(join(target, "debug/.fingerprint/x"));
  put(join(out, "deep/made.h"));
  put(join(folder, "vendor/a/src/lib.rs"));
  put(join(folder, "ws/own/lib.rs"));
  const links = {
    "in.h": `${target}/../target/debug/build/a-0123456789abcdef/out/deep/made.h`,
    "deep/near.h": "made.h",
    "file.rs": join(folder, "vendor/a/src/lib.rs"),
    crate: join(folder, "ws/../vendor/a"),
    own: join(folder, "ws/own"),
    lost: join(folder, "vendor/none"),
  };
  for (const [path, text] of Object.entries(links)) symlinkSync(text, join(out, path));
  mkdirSync(join(target, "shared"));
  symlinkSync(join(out, "deep/made.h"), join(target, "shared/made.h"));

  const taken = takeOutwardLinks(target);
  expect(readlinkSync(join(out, "in.h"))).toBe("deep/made.h");
  expect(readlinkSync(join(out, "deep/near.h"))).toBe("made.h");
  expect(readlinkSync(join(target, "shared/made.h"))).toBe(
    "../debug/build/a-0123456789abcdef/out/deep/made.h",
  );
  expect(lstatSync(join(out, "file.rs")).isFile()).toBe(true);
  expect(readFileSync(join(out, "crate/src/lib.rs"), "utf8")).toContain("vendor/a");
  const within = "debug/build/a-0123456789abcdef/out";
  expect(taken).toEqual({ [`${within}/own`]: links.own, [`${within}/lost`]: links.lost });

  restoreLinks(target, { ...taken, "debug/build/gone/out/own": links.own });
  expect(readlinkSync(join(out, "own"))).toBe(links.own);
  expect(takeOutwardLinks(target)).toEqual(taken);
  expect(lstatSync(join(out, "own"), { throwIfNoEntry: false })).toBeUndefined();
});
