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
  const over = answer.then(
    () => undefined,
    () => undefined,
  );
  const source = requests[Symbol.asyncIterator]();
  const sending: Promise<true>[] = [];
  try {
    for (;;) {
      // Who makes the messages may be stuck, and a call that is over does not wait for him.
      const next = await Promise.race([source.next(), over]);
      if (next === undefined) return;
      if (next.done === true) break;
      const { value } = next;
      sending.push(new Promise((resolve) => call.write(value, () => resolve(true))));
      if (sending.length <= messagesAhead) continue;
      // A call that is over takes nothing any more, and does not say so.
      if ((await Promise.race([sending.shift(), over])) === undefined) return;
    }
    call.end();
  } finally {
    source.return?.().catch(() => {});
  }
}
