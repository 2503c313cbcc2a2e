/**
 * Signed results: every field that is read is signed, and those that services may change are not.
 *
 * @module
 */
import { generateKeyPairSync } from "node:crypto";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { digestBytes, type Digest } from "../../src/digest/digest.ts";
import { Signer, Verifier } from "../../src/digest/signature.ts";
import { MessageWriter } from "../../src/digest/wire.ts";
import {
  decodeActionResult,
  encodeActionResult,
  type ActionResult,
} from "../../src/graph/action-result.ts";
import { signedBytes } from "../../src/graph/signed-result.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const signer = new Signer({ key: privateKey, keyId: "ci" });
const verifier = new Verifier({ ci: publicKey });

const digest: fc.Arbitrary<Digest> = fc.uint8Array({ maxLength: 8 }).map(digestBytes);
const path = fc.stringMatching(/^[a-z]{1,4}(\/[a-z]{1,3})?$/);
const milliseconds = fc.integer({ min: 0, max: 2_000_000_000_000 });
const file = fc.record({ path, digest, isExecutable: fc.boolean() });
const directory = fc.record({ path, treeDigest: digest, rootDigest: digest });
const fields = {
  files: fc.uniqueArray(file, { selector: (each) => each.path, maxLength: 4 }),
  directories: fc.uniqueArray(directory, { selector: (each) => each.path, maxLength: 3 }),
  exitCode: fc.integer({ min: -5, max: 255 }),
  stdout: digest,
  stderr: digest,
  worker: fc.stringMatching(/^[a-z]{1,6}\/(sandbox|declared|container)(\+cache)?$/),
  startedAt: milliseconds,
  finishedAt: milliseconds,
  provenance: fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
};
const results: fc.Arbitrary<ActionResult> = fc.record(fields);

/** What a reader sees of a result that was sent, and whether it is to be trusted. */
function distrustOf(key: Digest, sent: Uint8Array): string | undefined {
  const seen = decodeActionResult(sent);
  return verifier.distrust(signedBytes(key, seen), seen.signature);
}

function signed(key: Digest, result: ActionResult): ActionResult {
  return { ...result, signature: signer.sign(signedBytes(key, result)) };
}

test("a signed result comes back with its signature, and is trusted", () => {
  fc.assert(
    fc.property(results, digest, (result, key) => {
      const sent = encodeActionResult(signed(key, result));
      expect(decodeActionResult(sent)).toEqual(signed(key, result));
      expect(distrustOf(key, sent)).toBeUndefined();
    }),
  );
});

const names = Object.keys(fields) as (keyof typeof fields)[];

test.each(names)("another value of `%s` is not what was signed", (name) => {
  fc.assert(
    fc.property(results, fields[name] as fc.Arbitrary<unknown>, digest, (result, value, key) => {
      const forged = { ...signed(key, result), [name]: value };
      fc.pre(JSON.stringify(forged[name]) !== JSON.stringify(result[name]));
      // Of a list, the order does not count.
      const isOrder = JSON.stringify(sorted(forged)) === JSON.stringify(sorted(result));
      const distrust = distrustOf(key, encodeActionResult(forged));
      expect(distrust).toBe(isOrder ? undefined : "its signature is wrong");
    }),
  );
});

function sorted(signedOrNot: ActionResult): ActionResult {
  const { signature: _, ...result } = signedOrNot;
  const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
  const [files, directories] = [result.files, result.directories];
  return { ...result, files: files.toSorted(byPath), directories: directories.toSorted(byPath) };
}

test("no field of an output can be changed", () => {
  const output = { path: "app", digest: digestBytes(Buffer.from("app")), isExecutable: true };
  const tree = { path: "lib", treeDigest: output.digest, rootDigest: output.digest };
  const key = digestBytes(Buffer.from("key"));
  const other = digestBytes(Buffer.from("evil"));
  const base: ActionResult = {
    ...fc.sample(results, { seed: 1, numRuns: 1 })[0]!,
    files: [output],
    directories: [tree],
  };
  const good = signed(key, base);
  const forgeries: Partial<ActionResult>[] = [
    { files: [{ ...output, digest: other }] },
    { files: [{ ...output, isExecutable: false }] },
    { files: [{ ...output, path: "app2" }] },
    { files: [output, { ...output, path: "more" }] },
    { files: [output, output] },
    { files: [] },
    { directories: [{ ...tree, treeDigest: other }] },
    { directories: [{ ...tree, rootDigest: other }] },
    { directories: [] },
    { files: [], directories: [tree, { ...tree, path: "app" }] },
    { worker: base.worker.replace(/\/.*/, "/none") },
    { startedAt: base.startedAt + 1 },
  ];
  expect(distrustOf(key, encodeActionResult(good))).toBeUndefined();
  for (const forged of forgeries) {
    expect(distrustOf(key, encodeActionResult({ ...good, ...forged }))).toBe(
      "its signature is wrong",
    );
  }
});

test("a result of another action is none of this one", () => {
  fc.assert(
    fc.property(results, digest, digest, (result, key, other) => {
      fc.pre(key !== other);
      const sent = encodeActionResult(signed(other, result));
      expect(distrustOf(key, sent)).toBe("its signature is wrong");
    }),
  );
});

test("what a service may change is not signed: the order of outputs, and fields of its own", () => {
  fc.assert(
    fc.property(results, digest, fc.string({ maxLength: 9 }), (result, key, text) => {
      const sent = signed(key, result);
      const reversed = encodeActionResult({
        ...sent,
        files: sent.files.toReversed(),
        directories: sent.directories.toReversed(),
      });
      const added = new MessageWriter().message(5, Buffer.from(text)).integer(900, 7).finish();
      expect(distrustOf(key, Buffer.concat([reversed, added]))).toBeUndefined();
    }),
  );
});

test("results without a signature are written as they always were", () => {
  const [result] = fc.sample(results, { seed: 7, numRuns: 1 });
  const { signature: _, ...plain } = signed(digestBytes(Buffer.from("key")), result!);
  expect(encodeActionResult(plain)).toEqual(encodeActionResult(result!));
});
