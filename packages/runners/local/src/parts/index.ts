/**
 * `@ashlar/runner-local/parts`: what runners share that lay out inputs in directories of this machine. For
 * other runners of this project: no release promises that it stays.
 *
 * @module
 */
export { besideCaches, layCaches } from "../cache-places.ts";
export { isExecutable } from "../executable.ts";
export { Log } from "../log.ts";
export {
  collectOutputs,
  makeOutputParents,
  writtenPaths,
  type CollectedOutputs,
} from "../outputs.ts";
export { leadTo } from "../program.ts";
export { Scratch, removeTree } from "../scratch.ts";
export { coverSecrets } from "../secret-values.ts";
export { ToolFinder } from "../tool-finder.ts";
