/**
 * Pieces: bytes cut to the size in which they are sent.
 *
 * @module
 */

/** Bytes of a piece. Larger ones are refused by services that keep to 4 MiB; smaller ones cost more. */
export const pieceBytes: number = 2 ** 20;

/** The same bytes, in pieces of one size, but for the last. */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  size: number = pieceBytes,
): AsyncGenerator<Uint8Array, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    let rest = part;
    while (length + rest.byteLength >= size) {
      const head = rest.subarray(0, size - length);
      rest = rest.subarray(head.byteLength);
      yield parts.length === 0 ? head : Buffer.concat([...parts, head]);
      parts = [];
      length = 0;
    }
    if (rest.byteLength === 0) continue;
    parts.push(rest);
    length += rest.byteLength;
  }
  if (length > 0) yield Buffer.concat(parts);
}
