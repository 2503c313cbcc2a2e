/**
 * `@ashlar/runner-local`: runs commands as processes on this machine.
 *
 * @module
 */
export { localRunner } from "./local-runner.ts";
export type { LocalRunnerOptions } from "./options.ts";
export type { KeptTally } from "./kept-trees.ts";
export { pruneTrees, type PrunedTrees, type PruneOptions } from "./prune-trees.ts";
