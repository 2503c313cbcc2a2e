/**
 * Action results as services write them: more forms than those that we write.
 *
 * @module
 */
import {
  emptyDigest,
  readDigest,
  readFields,
  readOutputFile,
  readTime,
  type Digest,
  type OutputFile,
} from "@ashlar/core";

import { textField } from "../reapi/messages/text-field.ts";

/** A directory that a command has left. */
export interface ForeignDirectory {
  readonly path: string;
  /** Digest of a `Tree`. */
  readonly treeDigest: Digest;
}

/** What a command has printed: the bytes, where they came along, or their digest. */
export type ForeignLog = Buffer | Digest;

/** REAPI `ActionResult`, as others write it. */
export interface ForeignResult {
  readonly files: readonly OutputFile[];
  readonly directories: readonly ForeignDirectory[];
  /** Paths of outputs that are links. */
  readonly links: readonly string[];
  readonly exitCode: number;
  readonly stdout: ForeignLog;
  readonly stderr: ForeignLog;
  /** Empty when the service does not say. */
  readonly worker: string;
  /** By the service's clock, in milliseconds since 1970; absent when it does not say. */
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
}

/**
 * Reads the message. Fields that are not used here are passed over.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE` when the bytes are not one.
 */
export function decodeForeignResult(message: Uint8Array): ForeignResult {
  const files: OutputFile[] = [];
  const directories: ForeignDirectory[] = [];
  const links: string[] = [];
  let exitCode = 0;
  const logs: Record<"stderr" | "stdout", ForeignLog> = {
    stdout: emptyDigest,
    stderr: emptyDigest,
  };
  let metadata: Metadata = noMetadata;
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 2) files.push(readOutputFile(bytes));
    if (number === 3) directories.push(readDirectory(bytes));
    // Older services tell links to files from links to directories.
    if (number === 10 || number === 11 || number === 12) links.push(textField(bytes, 1));
    if (number === 4) exitCode = integer;
    if (number === 5 && bytes.length > 0) logs.stdout = bytes;
    if (number === 6) logs.stdout = preferred(logs.stdout, readDigest(bytes));
    if (number === 7 && bytes.length > 0) logs.stderr = bytes;
    if (number === 8) logs.stderr = preferred(logs.stderr, readDigest(bytes));
    if (number === 9) metadata = readMetadata(bytes);
  }
  return { files, directories, links, exitCode, ...logs, ...metadata };
}

/** Bytes that are here need not be fetched. */
function preferred(known: ForeignLog, digest: Digest): ForeignLog {
  return Buffer.isBuffer(known) ? known : digest;
}

function readDirectory(message: Buffer): ForeignDirectory {
  let path = "";
  let treeDigest = emptyDigest;
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) path = bytes.toString("utf8");
    if (number === 3) treeDigest = readDigest(bytes);
  }
  return { path, treeDigest };
}

type Metadata = Pick<ForeignResult, "finishedAt" | "startedAt" | "worker">;

const noMetadata: Metadata = { worker: "", startedAt: undefined, finishedAt: undefined };

/** When the command ran, or else when the worker was at it. */
function readMetadata(message: Buffer): Metadata {
  let worker = "";
  const times = new Map<number, number>();
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) worker = bytes.toString("utf8");
    if (number >= 2 && number <= 10) times.set(number, readTime(bytes));
  }
  return {
    worker,
    startedAt: times.get(7) ?? times.get(3),
    finishedAt: times.get(8) ?? times.get(4),
  };
}
