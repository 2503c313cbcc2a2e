/**
 * Why a stage would run or be reused: the text of `ashlar why`, put together from what is known of each stage.
 *
 * @module
 */
import type { PageNode, PageWhy } from "../../src/page/page-data.ts";

/** Stages that are gone through at most, and stages that a text shows. */
const maxExplained = 1000;
const maxStages = 20;

/** The text that `ashlar why` prints of a stage, without its last line end. */
export function whyText(nodes: readonly PageNode[], asked: number): string {
  const whys = explained(nodes, asked);
  if (whys.length <= maxStages) return whys.map(({ text }) => text).join("\n");
  // What people look for is where it began; what only passes a change on can be counted.
  const head = whys.slice(0, maxStages / 2);
  const origins = whys
    .slice(head.length)
    .filter(({ isOrigin }) => isOrigin === true)
    .slice(0, maxStages / 2);
  const left = whys.length - head.length - origins.length;
  const texts = (some: readonly PageWhy[]): readonly string[] => some.map(({ text }) => text);
  return [...texts(head), `... and ${left} more stages`, ...texts(origins)].join("\n");
}

/** One way down to where a change began first, then the others. */
function explained(nodes: readonly PageNode[], asked: number): readonly PageWhy[] {
  const found: PageWhy[] = [];
  const seen = new Set<number>();
  const pending = [asked];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const why = nodes[at]?.stage?.why;
    if (why === undefined || seen.has(at)) continue;
    if (found.length === maxExplained) break;
    seen.add(at);
    found.push(why);
    // What a result that is reused was made from is the business of the build that made it.
    if (at === asked && why.isHit === true) continue;
    pending.push(...(why.causes ?? []).toReversed());
  }
  return found;
}
