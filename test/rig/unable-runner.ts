/**
 * A runner of the simplest kind: it has no abilities, and hands its actions on.
 *
 * @module
 */
import type { Runner } from "@ashlar/core";

/** A runner that can neither hand over secrets nor lay caches. What it does run, another runner runs. */
export function unableRunner(behind: Runner): Runner {
  return {
    name: "old",
    platform: [],
    hermeticity: "mock",
    run: async (action, context) => await behind.run(action, context),
    async [Symbol.asyncDispose]() {},
  };
}
