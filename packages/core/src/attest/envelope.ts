/**
 * Envelopes: statements with a signature around them (DSSE, version 1).
 *
 * What is signed are the bytes of the payload and its type, so nobody has to agree on how to write JSON.
 *
 * @module
 */
import { canonicalJson } from "../base/canonical-json.ts";
import { Signer, Verifier, type SigningKey, type TrustedKeys } from "../digest/signature.ts";
import { provenanceUntrusted } from "../errors/attest-errors.ts";
import type { ProvenanceStatement } from "./statement.ts";

/** A signed statement. */
export interface ProvenanceEnvelope {
  /** The statement as JSON, in base64. */
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly {
    /** Which key it is of, as a hint. Ours have it, and others may leave it out. */
    readonly keyid?: string;
    readonly sig: string;
  }[];
}

/** The type of what is signed: JSON of an in-toto statement. */
const payloadType = "application/vnd.in-toto+json";

/**
 * Signs a statement. The same statement and key give the same envelope.
 *
 * @throws {@link BuildError} `INVALID_OPTION` for what is no Ed25519 key.
 * @example
 * ```ts
 * const statement = await report.provenance(app, { builder: "https://ci.example/release" });
 * const envelope = signProvenance(statement, { keyId: "release-2026", key: process.env.RELEASE_KEY ?? "" });
 * ```
 */
export function signProvenance(
  statement: ProvenanceStatement,
  signing: SigningKey,
): ProvenanceEnvelope {
  const payload = Buffer.from(canonicalJson(statement));
  const { keyId, bytes } = new Signer(signing).sign(authenticated(payloadType, payload));
  return {
    payload: payload.toString("base64"),
    payloadType,
    signatures: [{ keyid: keyId, sig: bytes.toString("base64") }],
  };
}

/**
 * The statement in an envelope that one of the trusted keys has signed. Whether what it says is what one expects, and
 * whether that key may speak for that builder, is for the caller to decide.
 *
 * @throws {@link BuildError} `PROVENANCE_UNTRUSTED`; `INVALID_OPTION` for what is no Ed25519 key.
 */
export function verifyProvenance(
  envelope: ProvenanceEnvelope,
  trusted: TrustedKeys,
): ProvenanceStatement {
  const verifier = new Verifier(trusted);
  const { payload, payloadType: type, signatures } = parse(envelope);
  if (type !== payloadType) throw provenanceUntrusted(`it holds \`${type}\`, and no statement`);
  const bytes = Buffer.from(payload, "base64");
  const message = authenticated(type, bytes);
  const reasons = signatures.map(({ keyid = "", sig }) => {
    const signature = { keyId: keyid, bytes: Buffer.from(sig, "base64") };
    // The specification takes one that is not said for one that is empty.
    return keyid === ""
      ? verifier.distrustUnnamed(message, signature.bytes)
      : verifier.distrust(message, signature);
  });
  if (reasons.every((reason) => reason !== undefined)) {
    throw provenanceUntrusted(reasons[0] ?? "it is not signed");
  }
  const statement = parseJson(bytes) as Partial<ProvenanceStatement> | null;
  const isStatement = statement?.["_type"] === "https://in-toto.io/Statement/v1";
  if (!isStatement || !Array.isArray(statement.subject)) {
    throw provenanceUntrusted("it holds something else than an in-toto statement, version 1");
  }
  return statement as ProvenanceStatement;
}

/** The envelope comes from outside, and may be anything: `null` is JSON, too. */
function parse(envelope: Partial<ProvenanceEnvelope> | null): ProvenanceEnvelope {
  const { payload, payloadType: type, signatures } = envelope ?? {};
  const isEnvelope =
    typeof payload === "string" &&
    typeof type === "string" &&
    Array.isArray(signatures) &&
    signatures.every(
      (each: unknown) =>
        typeof (each as { sig?: unknown } | null)?.sig === "string" &&
        ["string", "undefined"].includes(typeof (each as { keyid?: unknown }).keyid),
    );
  if (!isEnvelope) throw provenanceUntrusted("it is no signed envelope");
  return { payload, payloadType: type, signatures };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** DSSE's encoding before signing: nothing can be moved from the type into the body. */
function authenticated(type: string, body: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.byteLength} `;
  return Buffer.concat([Buffer.from(head), body]);
}
