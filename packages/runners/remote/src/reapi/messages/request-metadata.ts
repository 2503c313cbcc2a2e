/**
 * `RequestMetadata`: tells a service on whose behalf a call is made. It goes in a header of each call, for
 * logs and fair scheduling; nothing depends on it.
 *
 * @module
 */
import { MessageWriter } from "@ashlar/core";

/** Name of the header. */
export const requestMetadataHeader = "build.bazel.remote.execution.v2.requestmetadata-bin";

/** What the header says. */
export interface RequestMetadata {
  readonly toolVersion: string;
  /** One for all calls of a connection: services group by it. */
  readonly invocationId: string;
  /** Hash of the action that the call is about. */
  readonly actionId?: string;
  /** Name of the stage that the call is about. */
  readonly mnemonic?: string;
}

const writer = new MessageWriter();

/** Writes the message. */
export function encodeRequestMetadata(metadata: RequestMetadata): Buffer {
  const { toolVersion, actionId = "", invocationId, mnemonic = "" } = metadata;
  const tool = writer.clear().begin(1);
  writer.string(1, "ashlar").string(2, toolVersion).end(tool);
  return writer.string(2, actionId).string(3, invocationId).string(5, mnemonic).finish();
}
