/**
 * SHA-256, the name of content.
 *
 * @module
 */
import { createHash } from "node:crypto";

/**
 * @param {Uint8Array} bytes
 * @returns {string} in hex
 */
export function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
