/**
 * Directories full of files, for benches that need no graph.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files in a folder. */
const inFolder = 100;

/**
 * Writes files of one size, each with bytes of its own.
 *
 * @param {string} folder
 * @param {number} count
 * @param {number} sizeBytes
 */
export function writeFiles(folder, count, sizeBytes) {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < count; at++) {
    const place = join(folder, String(Math.floor(at / inFolder)).padStart(4, "0"));
    if (at % inFolder === 0) mkdirSync(place, { recursive: true });
    bytes.fill(createHash("sha512").update(String(at)).digest());
    writeFileSync(join(place, `${String(at % inFolder).padStart(2, "0")}.bin`), bytes);
  }
}
