/**
 * Action results: what running an action gave.
 *
 * Kept as REAPI v2 `ActionResult` messages, under the key of their action.
 *
 * @module
 */
import { emptyDigest, type Digest } from "../digest/digest.ts";
import type { Signature } from "../digest/signature.ts";
import { MessageWriter, readDigest, readFields } from "../digest/wire.ts";

/** A declared output that is a file. Paths are relative to the working directory. */
export interface OutputFile {
  readonly path: string;
  readonly digest: Digest;
  readonly isExecutable: boolean;
}

/** A declared output that is a directory. */
export interface OutputDirectory {
  readonly path: string;
  /** Digest of the `Tree` blob: the directory and all below it in one message. */
  readonly treeDigest: Digest;
  /** Digest of the root `Directory`. Others may not have written it: then it is that of the empty one. */
  readonly rootDigest: Digest;
}

/** REAPI `ActionResult`, as far as it is used here. */
export interface ActionResult {
  readonly files: readonly OutputFile[];
  readonly directories: readonly OutputDirectory[];
  readonly exitCode: number;
  readonly stdout: Digest;
  readonly stderr: Digest;
  /** Who ran it: `<runner>/<hermeticity>`, and `+cache` behind it if there was one. Never empty. */
  readonly worker: string;
  /** When it ran, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt: number;
  /** What was run, for explanations: see `rebuild/provenance.ts`. Others may not have written it. */
  readonly provenance?: Buffer;
  /** Who vouches for it: see `graph/signed-result.ts`. */
  readonly signature?: Signature;
}

/** Types of the auxiliary messages that are written with a result. */
const provenanceType = "ashlar/Provenance";
const signatureType = "ashlar/Signature";

/** One for all: what one writer for each leaves behind is more than what it writes. */
const writer = new MessageWriter();

/** How a result is written. */
export interface ResultForm {
  /**
   * Whether a directory whose root is the empty one says so. Without, nothing is said of its root, which is read as
   * the same: for results whose directories are found by their trees alone.
   *
   * @defaultValue true
   */
  readonly emptyRoots?: boolean;
}

/** Writes the message. */
export function encodeActionResult(
  result: ActionResult,
  { emptyRoots = true }: ResultForm = {},
): Buffer {
  writer.clear();
  for (const { path, digest, isExecutable } of result.files) {
    const file = writer.begin(2);
    writer.string(1, path).digest(2, digest).bool(4, isExecutable).end(file);
  }
  for (const { path, treeDigest, rootDigest } of result.directories) {
    const directory = writer.begin(3);
    writer.string(1, path).digest(3, treeDigest).bool(4, true);
    if (emptyRoots || rootDigest !== emptyDigest) writer.digest(5, rootDigest);
    writer.end(directory);
  }
  writer.integer(4, result.exitCode).digest(6, result.stdout).digest(8, result.stderr);
  const metadata = writer.begin(9);
  writer.string(1, result.worker);
  writeTime(3, result.startedAt);
  writeTime(4, result.finishedAt);
  if (result.provenance !== undefined) {
    const provenance = writer.begin(11);
    writer.string(1, provenanceType).bytes(2, result.provenance).end(provenance);
  }
  if (result.signature !== undefined) {
    const { keyId, bytes } = result.signature;
    const holder = writer.begin(11);
    writer.string(1, signatureType);
    const signature = writer.begin(2);
    writer.string(1, keyId).bytes(2, bytes).end(signature).end(holder);
  }
  return writer.end(metadata).finish();
}

/**
 * Reads a message back. Fields that are not used here are passed over.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE` when the bytes are not one.
 */
export function decodeActionResult(message: Uint8Array): ActionResult {
  const files: OutputFile[] = [];
  const directories: OutputDirectory[] = [];
  let exitCode = 0;
  let stdout = emptyDigest;
  let stderr = emptyDigest;
  let ran: Ran = { worker: "", startedAt: 0, finishedAt: 0 };
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 2) files.push(readOutputFile(bytes));
    if (number === 3) directories.push(readOutputDirectory(bytes));
    if (number === 4) exitCode = integer;
    if (number === 6) stdout = readDigest(bytes);
    if (number === 8) stderr = readDigest(bytes);
    if (number === 9) ran = readMetadata(bytes);
  }
  return { files, directories, exitCode, stdout, stderr, ...ran };
}

/** Reads an `OutputFile`. */
export function readOutputFile(message: Buffer): OutputFile {
  let path = "";
  let digest = emptyDigest;
  let isExecutable = false;
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 1) path = bytes.toString("utf8");
    if (number === 2) digest = readDigest(bytes);
    if (number === 4) isExecutable = integer !== 0;
  }
  return { path, digest, isExecutable };
}

function readOutputDirectory(message: Buffer): OutputDirectory {
  let path = "";
  let treeDigest = emptyDigest;
  let rootDigest = emptyDigest;
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) path = bytes.toString("utf8");
    if (number === 3) treeDigest = readDigest(bytes);
    if (number === 5) rootDigest = readDigest(bytes);
  }
  return { path, treeDigest, rootDigest };
}

type Ran = Pick<ActionResult, "finishedAt" | "provenance" | "signature" | "startedAt" | "worker">;

function readMetadata(message: Buffer): Ran {
  const held = new Map<string, Buffer>();
  let worker = "";
  let startedAt = 0;
  let finishedAt = 0;
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) worker = bytes.toString("utf8");
    if (number === 3) startedAt = readTime(bytes);
    if (number === 4) finishedAt = readTime(bytes);
    if (number === 11) readAny(bytes, held);
  }
  const provenance = held.get(provenanceType);
  const signature = held.get(signatureType);
  return {
    ...{ worker, startedAt, finishedAt },
    ...(provenance && { provenance }),
    ...(signature && { signature: readSignature(signature) }),
  };
}

/** Adds what a `google.protobuf.Any` holds, by its type. Of one type, the first counts. */
function readAny(message: Buffer, held: Map<string, Buffer>): void {
  let type = "";
  let value: Buffer | undefined;
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) type = bytes.toString("utf8");
    if (number === 2) value = bytes;
  }
  if (value !== undefined && !held.has(type)) held.set(type, value);
}

function readSignature(message: Buffer): Signature {
  let keyId = "";
  let signature: Buffer = Buffer.alloc(0);
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) keyId = bytes.toString("utf8");
    if (number === 2) signature = bytes;
  }
  return { keyId, bytes: signature };
}

/** `google.protobuf.Timestamp`. */
function writeTime(field: number, milliseconds: number): void {
  const seconds = Math.floor(milliseconds / 1000);
  const nanos = Math.round((milliseconds - seconds * 1000) * 1e6);
  const start = writer.begin(field);
  writer.integer(1, seconds).integer(2, nanos).end(start);
}

/** Reads a `google.protobuf.Timestamp`, in milliseconds since 1970. */
export function readTime(message: Buffer): number {
  let seconds = 0;
  let nanos = 0;
  for (const { number, integer } of readFields(message)) {
    if (number === 1) seconds = integer;
    if (number === 2) nanos = integer;
  }
  return seconds * 1000 + nanos / 1e6;
}
