/**
 * What the pipelines of the examples have in common.
 *
 * @module
 */
import type { Group, Tree } from "@ashlar/core";

/** A described pipeline. */
export interface Pipeline {
  /** Everything that is to succeed. */
  readonly checks: Group<unknown>;
  /** The folder to give to users. */
  readonly installed: Tree;
}
