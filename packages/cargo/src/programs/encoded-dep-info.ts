/**
 * Encoded dep-info (`.fingerprint/<unit>/dep-*`): the sources of a unit as cargo remembers them, in a form of its own.
 *
 *     u32 1   u8 255   u8 version                   integers are little-endian
 *     u32 n   n × ( u8 kind  text path  u8 0 | u8 1 u64 size text checksum )
 *     …       variables                             a text is u32 size, bytes
 *
 * Cargo has the sources in a map without order, so they stand in another one each time. It reads them in any.
 *
 * @module
 */

/** The first bytes of the form that is known here. */
const HEAD = Buffer.from([1, 0, 0, 0, 255, 1]);

/** The same with its sources in order; undefined when it is of no form that is known here. */
export function sortDepInfo(bytes: Buffer): Buffer | undefined {
  if (!bytes.subarray(0, HEAD.length).equals(HEAD)) return undefined;
  const start = HEAD.length + 4;
  try {
    const sources: Buffer[] = [];
    let at = start;
    for (let left = bytes.readUInt32LE(HEAD.length); left > 0; left--) {
      const end = sourceEnd(bytes, at);
      sources.push(bytes.subarray(at, end));
      at = end;
    }
    sources.sort((one, other) => Buffer.compare(one, other));
    return Buffer.concat([bytes.subarray(0, start), ...sources, bytes.subarray(at)]);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Where a source ends that begins at `at`. */
function sourceEnd(bytes: Buffer, at: number): number {
  const path = textEnd(bytes, at + 1);
  return bytes.readUInt8(path) === 0 ? path + 1 : textEnd(bytes, path + 1 + 8);
}

function textEnd(bytes: Buffer, at: number): number {
  const end = at + 4 + bytes.readUInt32LE(at);
  if (end > bytes.length) throw new RangeError("a text ends behind the file");
  return end;
}
