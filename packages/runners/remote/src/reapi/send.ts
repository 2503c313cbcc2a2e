/**
 * Sending many messages in one call.
 *
 * @module
 */
import type { ClientWritableStream } from "@grpc/grpc-js";

/** Messages that may wait to be sent: one is made while one is on its way. */
const messagesAhead = 2;

/**
 * Sends until all is sent, or the call is over. Rejects with what `requests` throws.
 *
 * @param answer - Settles when the call is over.
 */
export async function send(
  call: ClientWritableStream<Uint8Array>,
  requests: AsyncIterable<Uint8Array>,
  answer: Promise<unknown>,
): Promise<void> {
  const state = { isOver: false };
  const end = (): void => void (state.isOver = true);
  const over = answer.then(end, end);
  const sending: Promise<void>[] = [];
  for await (const request of requests) {
    if (state.isOver) return;
    sending.push(new Promise((resolve) => call.write(request, () => resolve())));
    // A call that is over takes nothing any more, and does not say so.
    if (sending.length > messagesAhead) await Promise.race([sending.shift(), over]);
  }
  call.end();
}
