/**
 * `@ashlar/core`: builds as graphs of pure stages over content-addressed artifacts.
 *
 * @module
 */
// Describing a build.
export { source, type MakeSource, type SourceOptions } from "./artifact/source.ts";
export { sourcePlaceOf, type SourcePlace } from "./artifact/source-place.ts";
export { fetch, type FetchOptions } from "./artifact/fetch.ts";
export type { FetchedThing } from "./artifact/handle.ts";
export { text, type TextOptions } from "./artifact/text.ts";
export { json } from "./artifact/json.ts";
export type { Json } from "./base/canonical-json.ts";
export type {
  Artifact,
  Check,
  File,
  Gate,
  Group,
  Handle,
  Kind,
  Outputs,
  Tree,
} from "./artifact/handle.ts";
export { isArtifact, isHandle } from "./artifact/handle.ts";
export { out, type MakeOut, type Out, type OutOptions } from "./graph/out.ts";
export {
  tool,
  type ArtifactTool,
  type ArtifactToolOptions,
  type HostTool,
  type HostToolOptions,
  type MakeTool,
  type Tool,
  type ToolDecision,
} from "./graph/tool.ts";
export {
  writable,
  type Command,
  type CommandOptions,
  type EnvValue,
  type Hole,
  type Scalar,
  type Writable,
} from "./graph/command.ts";
export { volatile, type Volatile } from "./graph/volatile.ts";
export type { Amounts } from "./graph/amounts.ts";
export type { Remark, RemarkReader, RemarkSeverity } from "./graph/remark.ts";
export type { Limits, Retries, RunOptions } from "./graph/run-options.ts";
export type { Where, WhereOptions } from "./graph/where.ts";
export { cache, type Cache, type CachePlace } from "./graph/cache.ts";
export { secret, type Secret, type SecretOptions } from "./graph/secret.ts";
export {
  sh,
  type CommandTag,
  type ConfigurableTag,
  type OutputsIn,
  type OutputsOf,
  type Sh,
} from "./graph/sh.ts";
export {
  stage,
  type AnyStage,
  type HandlesOf,
  type Stage,
  type StageResult,
} from "./graph/stage.ts";
export { exec } from "./graph/exec.ts";
export { attempt, type AttemptOutputs } from "./graph/attempt.ts";
export { fn, type Fn, type FnCall, type FnModuleOptions, type FnOptions } from "./graph/fn.ts";
export type { FnInputs, FnPaths } from "./graph/fn-paths.ts";
export type { OpaqueCall, OpaqueOptions } from "./graph/opaque.ts";
export { merge, type MergeOptions } from "./graph/merge.ts";
export { matrix, type Axes, type Cell, type Matrix } from "./graph/matrix.ts";
export { all, seq } from "./graph/group.ts";
export type { Members } from "./graph/copies.ts";
export { counterparts, type Counterparts } from "./graph/counterparts.ts";
export {
  dynamic,
  type DynamicBody,
  type DynamicInputs,
  type MakeDynamic,
  type Readable,
  type ReadableFile,
  type ReadableTree,
} from "./graph/dynamic.ts";
export { validate } from "./graph/validate.ts";

// Building.
export { build, tryBuild, type BuildOptions } from "./build/build.ts";
export type { Targets } from "./build/ground.ts";
export { verify, Verification, type VerificationOptions } from "./build/verify.ts";
export type { OutputDifference, RecheckOutcome, StageVerification } from "./schedule/recheck.ts";
export { Report, type StageReport } from "./build/report.ts";
export type {
  BuildEvent,
  BuildOutcome,
  BuildSettled,
  BuildStarted,
  ErrorSummary,
  Outcome,
  PlannedStage,
  RemoteCacheUse,
  RemoteCacheUsed,
  SourceTaken,
  StageExpanded,
  StageOutput,
  StagePhase,
  StageProgressed,
  StageRetried,
  StageRewound,
  StageSettled,
  StageStarted,
  StageVerified,
} from "./events/event.ts";
export { buildEvents, type BuildEventsOptions, type BuildRun } from "./build/build-events.ts";
export { eventStream, type EventStream, type EventStreamOptions } from "./events/event-stream.ts";
export { readEvents, recordEvents, type Recording } from "./events/recording.ts";
export {
  foldReport,
  reportFold,
  type BuildSummary,
  type ReportFold,
  type SourceSummary,
  type StageState,
  type StageSummary,
  type Totals,
} from "./events/summary.ts";
export { BuildError, renderError } from "./errors/build-error.ts";
export { errorCodes, type ErrorCode } from "./errors/codes.ts";

// Plans and explanations.
export { plan, why, type PlanOptions } from "./build/plan.ts";
export type { BuildPlan, StageForecast } from "./build/build-plan.ts";
export type { KeyContents, KeyInput } from "./build/key-contents.ts";
export {
  simulate,
  type SimulatedStage,
  type Simulation,
  type SimulationOptions,
} from "./build/simulate.ts";
export type { Timing } from "./build/timing.ts";
export type { Explanation, LinkedExplanation, StageExplanation } from "./explain/explanation.ts";
export type {
  Change,
  InputChange,
  InputDifference,
  InputOrigin,
  PartChange,
} from "./explain/change.ts";
export type { PastRun } from "./explain/comparison.ts";
export type { PlanStatus } from "./explain/evidence.ts";
export type { Basis } from "./explain/finding.ts";
export type { KeyPart, PartType } from "./rebuild/key-parts.ts";

// Provenance.
export type {
  ProvenanceOptions,
  ProvenancePredicate,
  ProvenanceStatement,
  ResourceDescriptor,
  Subject,
} from "./attest/statement.ts";
export { signProvenance, verifyProvenance, type ProvenanceEnvelope } from "./attest/envelope.ts";

// Graphs as data.
export { stageDefinitions, type StageDefinition } from "./build/stage-definitions.ts";
export { planGraph } from "./build/plan-graph.ts";
export { toDot, toJson, toMermaid } from "./build/graph-text.ts";
export type {
  PlanGraph,
  PlanGraphEdge,
  PlanGraphGate,
  PlanGraphImage,
  PlanGraphInput,
  PlanGraphMerge,
  PlanGraphNode,
  PlanGraphSource,
  PlanGraphStage,
  PlanGraphText,
} from "./build/plan-attributes.ts";
export type { OnConflict, SourceFilter, View } from "./artifact/handle.ts";

// Stores.
export { DiskStore } from "./store/disk-store.ts";
export { defaultStoreDirectory, type Environment } from "./store/default-store.ts";
export { MemoryStore } from "./store/memory-store.ts";
export { StoreLease } from "./store/lease.ts";
export {
  collectGarbage,
  type CollectionReport,
  type CollectOptions,
  type FilesByKind,
} from "./store/collect-garbage.ts";
export {
  verifyStore,
  type StoreProblem,
  type VerificationReport,
  type VerifyOptions,
} from "./store/verify-store.ts";
export { listCaches, removeCache, type CacheUsage } from "./store/cache-care.ts";
export type { CacheKeeper, CacheTurn } from "./store/caches.ts";
export { storeUsage, type AgeBucket, type StoreUsage } from "./store/store-usage.ts";
export type { Tally } from "./store/inventory.ts";
export type {
  ActionCache,
  Claims,
  ContentStore,
  Copy,
  FoundOutput,
  Intake,
  Notes,
  ServedBuild,
  Store,
  StoreService,
} from "./store/store.ts";

// Runners.
export { runners, type RunnersOptions } from "./runner/runners.ts";

// For those who write runners and stores.
export type {
  Action,
  Execution,
  Hermeticity,
  RunContext,
  Runner,
  RunnerAbility,
  RunnerImage,
  Value,
} from "./runner/runner.ts";
export { argumentsOf, type ArgumentPlace } from "./runner/arguments.ts";
export { closureRunner } from "./runner/in-process.ts";
export { kindName } from "./runner/runner.ts";
export { fillSecrets, type SecretValues } from "./runner/secret-values.ts";
export { secretFoundIn } from "./runner/concealing-runner.ts";
export type { SecretPlace } from "./graph/word.ts";
export type { BytePatterns, Veil } from "./base/byte-patterns.ts";
export { capturedOutputs } from "./runner/captured.ts";
export { meetsDemand } from "./runner/demands.ts";
export { missingTools } from "./runner/missing-tools.ts";
export {
  digestBytes,
  emptyDigest,
  hashOf,
  makeDigest,
  parseDigest,
  sizeOf,
  type Digest,
} from "./digest/digest.ts";
export { MessageWriter, readDigest, readFields, type Field } from "./digest/wire.ts";
export { digestFile } from "./digest/file-digester.ts";
export {
  Signer,
  Verifier,
  type Signature,
  type SigningKey,
  type TrustedKeys,
} from "./digest/signature.ts";
export {
  decodeActionResult,
  encodeActionResult,
  readOutputFile,
  readTime,
  type ActionResult,
  type OutputFile,
} from "./graph/action-result.ts";
export { signedBytes } from "./graph/signed-result.ts";
export {
  decodeAction,
  type ActionKey,
  type ActionMessage,
  type NameValue,
} from "./graph/action.ts";
export type { OutputSpec } from "./graph/out.ts";
export type { InputTool, PlacedTool } from "./graph/placed-tool.ts";
export { parsePath, type ArtifactPath } from "./artifact/path.ts";
export { materializeTree, modeOf, type MaterializeOptions } from "./store/materialize.ts";
export { snapshot, snapshotFile, type SnapshotOptions } from "./store/snapshot.ts";
export { bytesOf, writeTree, type FileContent, type TreeFiles } from "./store/write-tree.ts";
export {
  decodeTree,
  encodeDirectory,
  type Directory,
  type DirectoryNode,
  type FileNode,
  type SymlinkNode,
} from "./artifact/directory.ts";
export { entryAt, readDirectory, walkTree, type Entry } from "./store/directories.ts";
export { hollowTree, type HollowTree } from "./store/hollow-tree.ts";
export { runnerUnable } from "./errors/unkeyed-errors.ts";
export { sandboxUnavailable } from "./errors/sandbox-errors.ts";
export { describeDifferences } from "./build/describe-differences.ts";
export { decodeProvenance, encodeProvenance, type Provenance } from "./rebuild/provenance.ts";
export { keyVersion } from "./rebuild/key-parts.ts";
export { closest } from "./base/closest.ts";
export { systemClock, type Activity, type Clock } from "./base/clock.ts";
export { aside, atWork } from "./base/aside.ts";
export { pause } from "./base/pause.ts";
export { untilAborted } from "./base/until-aborted.ts";
export { invalidOption } from "./errors/catalogue.ts";
export { commandNotFound } from "./errors/command-errors.ts";
export { outputUnfit, outputWrongKind } from "./errors/output-errors.ts";
export { platformUnsupported } from "./errors/runner-errors.ts";
export { blobLost, storeUnwritable } from "./errors/store-errors.ts";
export { toolFailed, toolNotFound } from "./errors/tool-errors.ts";
