/**
 * Places: what a command in a container is told of where things are.
 *
 * @module
 */

/** Where the action's directory is in every container. */
export const seenAs = "/ashlar";

/** A program that is ready to start. */
export interface Program {
  /** Path of the program in the container, and its arguments. */
  readonly argv: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
}
