/**
 * Comparing an action with what somebody has kept of another: its messages.
 *
 * @module
 */
import { decodeParts } from "../rebuild/read-parts.ts";
import type { Action } from "../runner/runner.ts";
import type { ContentStore } from "../store/store.ts";
import { describeChange } from "./change.ts";
import { compareActions } from "./comparison.ts";

/** In what an action differs from an earlier one, in words: a line for each change, more for its details. */
export async function compareMessages(
  before: Action["messages"],
  { messages, call }: Action,
  content: ContentStore,
): Promise<readonly (readonly string[])[]> {
  const directories = new Map();
  const [one, other] = [before, messages].map((each) => ({
    parts: decodeParts(each),
    directories,
  }));
  if (one === undefined || other === undefined) return [];
  const labelOf = ({ name }: { readonly name: string }): string => name;
  const { changes } = await compareActions(one, other, { content, call, labelOf });
  return changes.map(describeChange);
}
