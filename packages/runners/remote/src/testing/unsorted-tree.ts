/**
 * Trees as some services write them.
 *
 * @module
 */
import { MessageWriter, readFields } from "@ashlar/core";

/** The same `Tree`, its directories in the opposite order, and its root behind them: as valid, and harder to read. */
export function unsortedTree(tree: Uint8Array): Buffer {
  const fields = [...readFields(tree)].toReversed();
  const writer = new MessageWriter();
  for (const { number, bytes } of fields) writer.message(number, bytes);
  return writer.finish();
}
