/**
 * Signatures: who vouches for some bytes.
 *
 * Ed25519, for its keys and signatures are short, and there is nothing about it to choose. What the bytes say, and in
 * which form, is the business of those who sign: a signature of one kind of message must never be one of another.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";

import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";

/** A key to sign with. */
export interface SigningKey {
  /** What those who check know it by. Public. */
  readonly keyId: string;
  /** An Ed25519 private key: PKCS #8 as PEM, or a key of `node:crypto`. */
  readonly key: KeyObject | string;
}

/** Keys whose signatures count, by their ids: Ed25519 public keys, as PEM, or keys of `node:crypto`. */
export type TrustedKeys = Readonly<Record<string, KeyObject | string>>;

/** A signature, and whose it is said to be. */
export interface Signature {
  readonly keyId: string;
  /** 64 bytes. */
  readonly bytes: Buffer;
}

/** Signs with one key. */
export class Signer {
  readonly #key: KeyObject;
  readonly #keyId: string;

  /** @throws {@link BuildError} `INVALID_OPTION`, which does not hold the key. */
  constructor({ key, keyId }: SigningKey) {
    if (typeof keyId !== "string" || keyId === "") {
      throw invalidOption("signing.keyId", describe(keyId), "a name for the key");
    }
    this.#key = readKey("signing.key", key, createPrivateKey, "private");
    this.#keyId = keyId;
  }

  sign(message: Uint8Array): Signature {
    return { keyId: this.#keyId, bytes: sign(undefined, message, this.#key) };
  }
}

/** Checks signatures of some keys. */
export class Verifier {
  readonly #keys: ReadonlyMap<string, KeyObject>;

  /** @throws {@link BuildError} `INVALID_OPTION`. */
  constructor(trusted: TrustedKeys) {
    const entries = Object.entries(trusted).map(([keyId, key]): [string, KeyObject] => {
      return [keyId, readKey(`trusted.${keyId}`, key, createPublicKey, "public")];
    });
    this.#keys = new Map(entries);
  }

  /** Why a signature vouches for nothing, in one clause; `undefined` when it does for these bytes. */
  distrust(message: Uint8Array, signature: Signature | undefined): string | undefined {
    if (signature === undefined) return "it is not signed";
    const key = this.#keys.get(signature.keyId);
    if (key === undefined) {
      return `it is signed with the key ${JSON.stringify(signature.keyId)}, which is not trusted`;
    }
    return verify(undefined, message, key, signature.bytes) ? undefined : "its signature is wrong";
  }

  /** The same, of a signature that does not say whose it is: it may be of any of the keys. */
  distrustUnnamed(message: Uint8Array, signature: Buffer): string | undefined {
    for (const key of this.#keys.values()) {
      if (verify(undefined, message, key, signature)) return undefined;
    }
    return "it is signed with a key that is not trusted, or was changed";
  }
}

/** Nothing of what it is given is in its errors: it may be a private key, or half of one. */
function readKey(
  option: string,
  key: KeyObject | string,
  create: (key: string) => KeyObject,
  kind: "private" | "public",
): KeyObject {
  const wanted = `an Ed25519 ${kind} key, as PEM text or as a \`KeyObject\``;
  let read: KeyObject;
  try {
    read = typeof key === "string" ? create(key) : key;
  } catch {
    throw invalidOption(option, "a text that is no such key", wanted);
  }
  const { type, asymmetricKeyType } = (read as Partial<KeyObject> | undefined) ?? {};
  if (type === undefined) throw invalidOption(option, describe(key), wanted);
  if (type !== kind || asymmetricKeyType !== "ed25519") {
    throw invalidOption(option, `a ${type} key of the type ${asymmetricKeyType ?? type}`, wanted);
  }
  return read;
}
