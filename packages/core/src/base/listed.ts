/**
 * Names in a sentence.
 *
 * @module
 */

/** Names that stand in full; of more, the rest is counted. */
const maxNames = 3;

/** Names in backticks, as a sentence has them: `a`; `a` and `b`; `a`, `b` and 3 more. */
export function listed(names: readonly string[]): string {
  const shown = names.map((name) => `\`${name}\``);
  if (shown.length > maxNames) {
    return `${shown.slice(0, maxNames - 1).join(", ")} and ${shown.length - maxNames + 1} more`;
  }
  const last = shown.pop() ?? "";
  return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}
