/**
 * A call of one message for one, below the method that the library's client has for it: that one takes a stack trace
 * for each call, a third of the time of one, and a miss is an error to it.
 *
 * @module
 */
import type { Client, Metadata, StatusObject } from "@grpc/grpc-js";

import type { Grpc } from "./channel.ts";

/** What is sent. */
export interface OneRequest {
  readonly method: string;
  readonly message: Buffer;
  readonly metadata: Metadata;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

/** Makes the call, and tells once how it ended, with the answer if there was one. Returns what ends it before. */
export function callOnce(
  { status: statuses }: Grpc,
  client: Client,
  { method, message, metadata, deadline }: OneRequest,
  onEnd: (status: StatusObject, isOk: boolean, answer: Buffer | undefined) => void,
): { readonly cancel: () => void } {
  const call = client.getChannel().createCall(method, deadline, null, null, null);
  let answer: Buffer | undefined;
  call.start(metadata, {
    onReceiveMetadata() {},
    onReceiveMessage(received: Buffer) {
      answer = received;
    },
    onReceiveStatus: (status) => onEnd(status, status.code === statuses.OK, answer),
  });
  call.startRead();
  call.sendMessageWithContext({}, message);
  call.halfClose();
  return { cancel: () => call.cancelWithStatus(statuses.CANCELLED, "called off") };
}
