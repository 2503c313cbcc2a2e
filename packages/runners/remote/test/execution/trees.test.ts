import {
  decodeTree,
  digestBytes,
  encodeDirectory,
  MessageWriter,
  type Directory,
} from "@ashlar/core";
import { expect, test } from "vitest";

import { readTree } from "../../src/execution/trees.ts";

const none: Directory = { files: [], directories: [], symlinks: [] };
const blob = digestBytes(Buffer.from("x"));
const file = (name: string): Directory["files"][number] => ({
  name,
  digest: blob,
  isExecutable: false,
});

/** A `Tree`, with the children in this order. */
function tree(root: Uint8Array, children: readonly Uint8Array[]): Buffer {
  const writer = new MessageWriter().message(1, root);
  for (const child of children) writer.message(2, child);
  return writer.finish();
}

test("children may come in any order, and more than once", () => {
  const leaf = encodeDirectory({ ...none, files: [file("f")] });
  const middle = encodeDirectory({
    ...none,
    directories: [{ name: "leaf", digest: digestBytes(leaf) }],
  });
  const top: Directory = {
    ...none,
    directories: [
      { name: "leaf", digest: digestBytes(leaf) },
      { name: "middle", digest: digestBytes(middle) },
    ],
  };
  const root = encodeDirectory(top);
  for (const order of [
    [leaf, middle],
    [middle, leaf],
    [leaf, middle, leaf],
  ]) {
    const read = readTree(tree(root, order));
    expect(read.digest).toBe(digestBytes(root));
    expect([...read.directories.keys()].toSorted()).toEqual(
      [root, middle, leaf].map((bytes) => digestBytes(bytes)).toSorted(),
    );
    expect([...read.files]).toEqual([blob]);
  }
  expect(decodeTree(tree(root, [leaf])).root).toEqual(top);
});

test("directories in another encoding get the digests that they have everywhere", () => {
  const canonical = encodeDirectory({ ...none, files: [file("a"), file("b")] });
  // The same files, the other way round: two fields of one length.
  const half = canonical.length / 2;
  const odd = Buffer.concat([canonical.subarray(half), canonical.subarray(0, half)]);
  const above = (child: Uint8Array): Buffer =>
    encodeDirectory({ ...none, directories: [{ name: "d", digest: digestBytes(child) }] });
  const read = readTree(tree(above(odd), [odd]));
  expect(read.digest).toBe(digestBytes(above(canonical)));
  expect(read.directories.get(digestBytes(canonical))).toEqual(canonical);
});

test("a tree that leaves out a directory is none", () => {
  const root = encodeDirectory({ ...none, directories: [{ name: "d", digest: blob }] });
  expect(() => readTree(tree(root, []))).toThrow(
    expect.objectContaining({ code: "MALFORMED_MESSAGE" }),
  );
});

const links = [
  ["up", "..", true],
  ["up", "../out", true],
  ["up", "a/../../out", true],
  ["up", "/etc/passwd", true],
  ["down", "..", false],
  ["down", "../in", false],
  ["down", "../../out", true],
  ["down", "./..", false],
  ["up", "a/b", false],
  ["up", ".", false],
] as const;
for (const [where, target, isOut] of links) {
  const at = where === "up" ? "in the root" : "one directory down";
  test(`a link ${at} to ${target} ${isOut ? "leads out" : "stays inside"}`, () => {
    const linked = encodeDirectory({ ...none, symlinks: [{ name: "l", target }] });
    const root = encodeDirectory({
      ...none,
      directories: [{ name: "d", digest: digestBytes(linked) }],
    });
    const message = where === "up" ? tree(linked, []) : tree(root, [linked]);
    expect(readTree(message).fault !== undefined).toBe(isOut);
  });
}

test("one directory at two depths is looked at in both", () => {
  const linked = encodeDirectory({ ...none, symlinks: [{ name: "l", target: "../.." }] });
  const digest = digestBytes(linked);
  const deep = encodeDirectory({ ...none, directories: [{ name: "d", digest }] });
  const both = encodeDirectory({
    ...none,
    directories: [
      { name: "deep", digest: digestBytes(deep) },
      { name: "flat", digest },
    ],
  });
  expect(readTree(tree(both, [deep, linked])).fault).toContain("`flat/l`");
  const only = encodeDirectory({
    ...none,
    directories: [{ name: "deep", digest: digestBytes(deep) }],
  });
  expect(readTree(tree(only, [deep, linked])).fault).toBe(undefined);
});
