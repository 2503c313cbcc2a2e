/**
 * What a service in memory says and does, good or bad. All of it can be changed while it runs.
 *
 * @module
 */
import type { Digest } from "@ashlar/core";

import { compressors, sha256 } from "../reapi/messages/enums.ts";

/** How the service is. */
export interface Behaviour {
  /** The one instance name that it knows. @defaultValue "" */
  instance: string;
  /** Numbers of `DigestFunction.Value` that it says it has. @defaultValue SHA256 alone */
  digestFunctions: readonly number[];
  /** Whether results are taken. @defaultValue true */
  updateEnabled: boolean;
  /** Whether it says that it executes. @defaultValue true when it has an `execute` */
  execEnabled: boolean;
  /** Most bytes of a batch: said, and kept to. 0: none is said, and only `maxMessageBytes` counts. @defaultValue 0 */
  maxBatchBytes: number;
  /** Numbers of `Compressor.Value` that it says it has. @defaultValue none */
  compressors: readonly number[];
  /** Versions of the API that it says it has, as `major`. @defaultValue 2 */
  majorVersion: number;
  /** Whether it answers `GetCapabilities`. @defaultValue true */
  hasCapabilities: boolean;
  /** Whether it answers `QueryWriteStatus`. @defaultValue true */
  hasWriteStatus: boolean;
  /** So many bytes less than there are it says to have taken of an upload. @defaultValue 0 */
  committedLess: number;
  /** Bytes of a piece of a blob that is read. @defaultValue 1 MiB */
  pieceBytes: number;
  /** Blobs that come out altered. */
  readonly wrongBytes: Set<Digest>;
  /** How it says that inputs of an action are missing. @defaultValue "precondition" */
  missingInputs: "precondition" | "status";
  /** Whether it tells how far an execution is. @defaultValue true */
  tellsStages: boolean;
}

/** A service that is as it should be. */
export function goodBehaviour(): Behaviour {
  return {
    instance: "",
    digestFunctions: [sha256],
    updateEnabled: true,
    execEnabled: true,
    maxBatchBytes: 0,
    compressors: [],
    majorVersion: 2,
    hasCapabilities: true,
    hasWriteStatus: true,
    committedLess: 0,
    pieceBytes: 2 ** 20,
    wrongBytes: new Set(),
    missingInputs: "precondition",
    tellsStages: true,
  };
}

/** Whether it can compress, and this Node can too. */
export const hasZstd = (behaviour: Behaviour): boolean =>
  behaviour.compressors.includes(compressors.zstd);
