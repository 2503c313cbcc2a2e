// Counts the words of a text that are not common ones.
import { common } from "../generated/common.js";

export function tally(text) {
  const counts = new Map();
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    if (!common.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}
