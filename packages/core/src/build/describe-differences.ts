/**
 * Differences of an action from one that a runner has kept, for runners to complain of.
 *
 * @module
 */
import type { Action } from "../runner/runner.ts";
import type { ContentStore } from "../store/store.ts";

/**
 * In what an action differs from an earlier one of the same stage, as `why` would say it: for each change a
 * line, and more lines where there are details.
 *
 * @param before - The messages of the earlier one.
 * @param content - Where the directories of both input roots can be read, as far as they are known.
 */
export async function describeDifferences(
  before: Action["messages"],
  after: Action,
  content: ContentStore,
): Promise<readonly (readonly string[])[]> {
  // Loaded when first needed: hardly any build is asked.
  const { compareMessages } = await import("../explain/compare-messages.ts");
  return await compareMessages(before, after, content);
}
