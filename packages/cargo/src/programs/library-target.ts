/**
 * Telling libraries from programs among the targets of a package.
 *
 * @module
 */
import type { Target } from "./metadata.ts";

const PROGRAM_KINDS = new Set(["bin", "example", "test", "bench", "custom-build"]);

/** Whether this is the `[lib]` of its package, procedural macros included. */
export function isLibraryTarget({ kind }: Pick<Target, "kind">): boolean {
  return !kind.some((one) => PROGRAM_KINDS.has(one));
}
