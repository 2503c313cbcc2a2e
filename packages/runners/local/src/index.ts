/**
 * `@ashlar/runner-local`: runs commands as processes on this machine.
 *
 * @module
 */
export { localRunner, type LocalRunnerOptions } from "./local-runner.ts";
