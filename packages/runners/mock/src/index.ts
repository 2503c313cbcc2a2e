/**
 * `@ashlar/runner-mock`: a runner for unit tests of pipelines.
 *
 * @module
 */
export { mockRunner, type MockRunner, type MockRunnerOptions } from "./mock-runner.ts";
export type { MockCall } from "./call.ts";
export type { MockFile, MockInputs, MockParams, MockTree } from "./inputs.ts";
export type { MockOut, MockOutput, MockOutputs } from "./outputs.ts";
export type { MockResult, MockScript } from "./script.ts";
export { virtualClock, type VirtualClock, type VirtualClockOptions } from "./virtual-clock.ts";
