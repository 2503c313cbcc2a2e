/**
 * `@ashlar/runner-mock`: a runner for unit tests of pipelines.
 *
 * @module
 */
export { explore, type Exploration, type ExploreOptions, type OrderDifference } from "./explore.ts";
export { mockRunner, type MockRunner, type MockRunnerOptions } from "./mock-runner.ts";
export type { MockCall } from "./call.ts";
export type { MockFault, MockFaultOptions } from "./faults.ts";
export { FaultyStore, type FaultyStoreOptions } from "./faulty-store.ts";
export type { HeldCall, HeldStage } from "./held-stage.ts";
export type { MockFile, MockInputs, MockParams, MockTree } from "./inputs.ts";
export type { StageDifference } from "./outcomes.ts";
export type { MockOut, MockOutput, MockOutputs } from "./outputs.ts";
export { recordingRunner } from "./record.ts";
export { replayRunner } from "./replay.ts";
export { pipelineText } from "./pipeline-text.ts";
export {
  Rig,
  type RigBuildOptions,
  type RigFiles,
  type RigOptions,
  type RigPlanOptions,
} from "./rig.ts";
export type { MockResult, MockScript } from "./script.ts";
export { virtualClock, type VirtualClock, type VirtualClockOptions } from "./virtual-clock.ts";
