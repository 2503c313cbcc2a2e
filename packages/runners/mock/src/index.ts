/**
 * `@ashlar/runner-mock`: a runner for unit tests of pipelines.
 *
 * @module
 */
export {
  mockRunner,
  type MockCall,
  type MockOutput,
  type MockOutputs,
  type MockResult,
  type MockRunner,
  type MockRunnerOptions,
  type MockScript,
} from "./mock-runner.ts";
export { virtualClock, type VirtualClock, type VirtualClockOptions } from "./virtual-clock.ts";
