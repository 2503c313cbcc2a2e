/**
 * Texts of messages that hold little else.
 *
 * @module
 */
import { readFields } from "@ashlar/core";

/** The payload of the last field of this number, as text; empty when there is none. */
export function textField(message: Uint8Array, wanted: number): string {
  let text = "";
  for (const { number, bytes } of readFields(message)) {
    if (number === wanted) text = bytes.toString("utf8");
  }
  return text;
}
