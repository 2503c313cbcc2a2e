/**
 * Signatures: who signed counts, and every bit of what was signed.
 *
 * @module
 */
import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { Signer, Verifier } from "../../src/digest/signature.ts";
import { renderError, type BuildError } from "../../src/errors/build-error.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const message = Buffer.from("what was said");
const signature = new Signer({ key: privateKey, keyId: "ci" }).sign(message);

test("a signature of a trusted key counts, whichever form its key has", () => {
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const written = new Signer({ key: pem, keyId: "ci" }).sign(message);
  expect(written).toEqual(signature);
  expect(new Verifier({ ci: publicPem }).distrust(message, written)).toBeUndefined();
});

test("it is said what is wrong with one", () => {
  const other = generateKeyPairSync("ed25519").publicKey;
  const verifier = new Verifier({ ci: other });
  expect(verifier.distrust(message, undefined)).toBe("it is not signed");
  expect(verifier.distrust(message, { ...signature, keyId: "old" })).toBe(
    'it is signed with the key "old", which is not trusted',
  );
  expect(verifier.distrust(message, signature)).toBe("its signature is wrong");
  expect(new Verifier({}).distrust(message, signature)).toContain("not trusted");
  // What every object has is nobody's key.
  expect(verifier.distrust(message, { ...signature, keyId: "constructor" })).toContain("trusted");
});

test("no bit can be changed, added or left out", () => {
  const verifier = new Verifier({ ci: publicKey });
  const changed = fc.oneof(
    fc.nat(message.byteLength * 8 - 1).map((bit) => flip(message, bit)),
    fc.uint8Array({ minLength: 1, maxLength: 3 }).map((more) => Buffer.concat([message, more])),
    fc.nat(message.byteLength - 1).map((end) => message.subarray(0, end)),
  );
  fc.assert(
    fc.property(changed, (each) => {
      expect(verifier.distrust(each, signature)).toBe("its signature is wrong");
    }),
  );
  const { bytes } = signature;
  const broken = fc.oneof(
    fc.nat(bytes.byteLength * 8 - 1).map((bit) => flip(bytes, bit)),
    fc.nat(bytes.byteLength - 1).map((end) => bytes.subarray(0, end)),
  );
  fc.assert(
    fc.property(broken, (each) => {
      const distrust = verifier.distrust(message, { keyId: "ci", bytes: each });
      expect(distrust).toBe("its signature is wrong");
    }),
  );
});

test("what is no key is refused, and never shown", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const secret = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
  const tries = [
    () => new Signer({ key: secret, keyId: "ci" }),
    () => new Signer({ key: publicKey, keyId: "ci" }),
    () => new Signer({ key: rsa.privateKey, keyId: "ci" }),
    () => new Signer({ key: undefined as unknown as string, keyId: "ci" }),
    () => new Signer({ key: privateKey, keyId: "" }),
    () => new Verifier({ ci: secret }),
    () => new Verifier({ ci: rsa.publicKey }),
    () => new Verifier({ ci: privateKey }),
  ];
  const said = tries.map((attempt) => {
    try {
      attempt();
      return "nothing";
    } catch (error) {
      expect(inspect(error, { depth: 9 })).not.toContain("c2VjcmV0");
      return renderError(error as BuildError).split("\n")[0];
    }
  });
  expect(said).toMatchInlineSnapshot(`
    [
      "error[INVALID_OPTION]: option \`signing.key\` is a text that is no such key",
      "error[INVALID_OPTION]: option \`signing.key\` is a public key of the type ed25519",
      "error[INVALID_OPTION]: option \`signing.key\` is a private key of the type rsa",
      "error[INVALID_OPTION]: option \`signing.key\` is undefined",
      "error[INVALID_OPTION]: option \`signing.keyId\` is the string """,
      "error[INVALID_OPTION]: option \`trusted.ci\` is a text that is no such key",
      "error[INVALID_OPTION]: option \`trusted.ci\` is a public key of the type rsa",
      "error[INVALID_OPTION]: option \`trusted.ci\` is a private key of the type ed25519",
    ]
  `);
});

function flip(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
