/**
 * What to say of bytes that cannot be decompressed.
 *
 * @module
 */
import { RpcError } from "./transport.ts";

/** They have been damaged, and will be so the next time. */
export function undecompressed(error: unknown): RpcError {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `what it sent cannot be decompressed: ${reason}`;
  return new RpcError({ status: "DATA_LOSS", message });
}
