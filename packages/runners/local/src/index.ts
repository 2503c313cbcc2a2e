/**
 * `@ashlar/runner-local`: runs commands as processes on this machine.
 *
 * @module
 */
export { localRunner } from "./local-runner.ts";
export type { LocalRunnerOptions } from "./options.ts";
