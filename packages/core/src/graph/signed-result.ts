/**
 * What a signature of an action result vouches for: that running this action gave this.
 *
 *     result ──decode──▶ all that is used of it ──+ its key──▶ one text of bytes ◀── signature
 *
 * Not the message as it was sent: services may write it anew, in another order, and with fields of their own. What is
 * signed is what we read, all of it and nothing else, written canonically. With the key, for a good result of one
 * action is a wrong one of another; and with a name for what is said, so that it is never taken for something else that was signed
 * with the same key.
 *
 * @module
 */
import { sortedBy } from "../base/order.ts";
import { MessageWriter } from "../digest/wire.ts";
import { encodeActionResult, type ActionResult } from "./action-result.ts";
import type { ActionKey } from "./action.ts";

/** Name of the statement. Another one when what is signed changes, so that no version believes the other's. */
const statement = "ashlar/ActionResult/1";

/**
 * The bytes that a signature of a result is made over: of all its fields, but the signature. In which order outputs are listed
 * does not count.
 */
export function signedBytes(key: ActionKey, result: ActionResult): Buffer {
  const { signature: _, ...signed } = result;
  const message = encodeActionResult({
    ...signed,
    files: sortedBy(signed.files, ({ path }) => path),
    directories: sortedBy(signed.directories, ({ path }) => path),
  });
  return new MessageWriter().string(1, statement).string(2, key).message(3, message).finish();
}
