/**
 * Directories as messages.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import {
  decodeDirectory,
  decodeTree,
  emptyDirectory,
  encodeDirectory,
  encodeTree,
  type Directory,
} from "../../src/artifact/directory.ts";
import { compareCodePoints } from "../../src/base/order.ts";
import { digestBytes, emptyDigest } from "../../src/digest/digest.ts";
import { MessageWriter } from "../../src/digest/wire.ts";

const digest = fc.uint8Array({ maxLength: 4 }).map((bytes) => digestBytes(bytes));
const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 6 })
  .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== "..");

const directory: fc.Arbitrary<Directory> = fc
  .uniqueArray(name, { maxLength: 10 })
  .chain((names) =>
    fc.tuple(
      ...names.map((each) =>
        fc.oneof(
          fc.record({ name: fc.constant(each), digest, isExecutable: fc.boolean() }),
          fc.record({ name: fc.constant(each), digest }),
          fc.record({ name: fc.constant(each), target: fc.string({ minLength: 1 }) }),
        ),
      ),
    ),
  )
  .map((nodes) => ({
    files: nodes.filter((node) => "isExecutable" in node),
    directories: nodes.filter((node) => "digest" in node && !("isExecutable" in node)),
    symlinks: nodes.filter((node) => "target" in node),
  })) as fc.Arbitrary<Directory>;

const inOrder = ({ files, directories, symlinks }: Directory): Directory => {
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
    compareCodePoints(a.name, b.name);
  return {
    files: files.toSorted(byName),
    directories: directories.toSorted(byName),
    symlinks: symlinks.toSorted(byName),
  };
};

test("a directory comes back, and its order does not matter", () => {
  fc.assert(
    fc.property(directory, (each) => {
      const bytes = encodeDirectory(each);
      expect(decodeDirectory(bytes)).toEqual(inOrder(each));
      const reversed = {
        files: each.files.toReversed(),
        directories: each.directories.toReversed(),
        symlinks: each.symlinks.toReversed(),
      };
      expect(encodeDirectory(reversed)).toEqual(bytes);
    }),
  );
});

test("whatever is different has another digest", () => {
  fc.assert(
    fc.property(directory, directory, (a, b) => {
      const same = encodeDirectory(a).equals(encodeDirectory(b));
      expect(same).toBe(JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b)));
    }),
  );
});

test("the empty directory is no bytes", () => {
  expect(digestBytes(encodeDirectory(emptyDirectory))).toBe(emptyDigest);
  expect(decodeDirectory(new Uint8Array())).toEqual(emptyDirectory);
});

test("a tree comes back", () => {
  fc.assert(
    fc.property(directory, fc.array(directory, { maxLength: 4 }), (root, children) => {
      const decoded = decodeTree(encodeTree(root, children));
      expect(decoded.root).toEqual(inOrder(root));
      for (const child of children) {
        expect(decoded.children.get(digestBytes(encodeDirectory(child)))).toEqual(inOrder(child));
      }
    }),
  );
});

test.each(["", ".", "..", "a/b", "/etc/passwd", "../x", "a\0b"])(
  "an entry that is called %j is refused: it would be written elsewhere",
  (bad) => {
    const file = new MessageWriter().string(1, bad).digest(2, emptyDigest).finish();
    const link = new MessageWriter().string(1, bad).string(2, "target").finish();
    for (const [field, node] of [
      [1, file],
      [2, file],
      [3, link],
    ] as const) {
      const message = new MessageWriter().message(field, node).finish();
      expect(() => decodeDirectory(message)).toThrow(
        expect.objectContaining({ code: "MALFORMED_MESSAGE" }),
      );
    }
  },
);
