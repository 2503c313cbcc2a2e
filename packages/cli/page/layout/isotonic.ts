/**
 * Placing things in a row: each as near as it can be to where it would like to be, in a given order, and with room.
 *
 * @module
 */

/**
 * The places that are nearest to the wanted ones, in the sense of least squares, among those that keep the order and
 * the gaps. By the pooling of adjacent violators: neighbours that would overlap become a block, which lies where its
 * members want on average. Takes linear time.
 *
 * @param gaps - Between each and the one before it; the first is not looked at.
 */
export function placeInOrder(wanted: Float64Array, gaps: Float64Array): Float64Array {
  const { length } = wanted;
  const offsets = new Float64Array(length);
  for (let at = 1; at < length; at++) offsets[at] = (offsets[at - 1] ?? 0) + (gaps[at] ?? 0);
  /** Of each block: the sum of what its members want, without their offsets, and how many they are. */
  const sums: number[] = [];
  const counts: number[] = [];
  for (let at = 0; at < length; at++) {
    let sum = (wanted[at] ?? 0) - (offsets[at] ?? 0);
    let count = 1;
    while (sums.length > 0 && (sums.at(-1) ?? 0) / (counts.at(-1) ?? 1) > sum / count) {
      sum += sums.pop() ?? 0;
      count += counts.pop() ?? 0;
    }
    sums.push(sum);
    counts.push(count);
  }
  const places = new Float64Array(length);
  let at = 0;
  for (const [block, count] of counts.entries()) {
    const base = (sums[block] ?? 0) / count;
    for (const end = at + count; at < end; at++) places[at] = base + (offsets[at] ?? 0);
  }
  return places;
}
