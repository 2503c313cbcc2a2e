/**
 * `@ashlar/cli`: the command line of Ashlar, and what it tells people of a build.
 *
 * @module
 */
export { runCommandLine } from "./program.ts";
export { outputOf, Stopped, type Output, type Surroundings } from "./surroundings.ts";
export { exitCode, type ExitCode } from "./exit-code.ts";

// Build files.
export type { Settings } from "./targets/settings.ts";
export { findBuildFile } from "./targets/build-file.ts";
export { loadBuildFile, type LoadOptions } from "./targets/load.ts";
export { chooseTargets, type BuildFile, type Choice, type Target } from "./targets/targets.ts";

// Reporters.
export type { BuildEnd, Reporter } from "./reporters/reporter.ts";
export { plainReporter, type PlainOptions } from "./reporters/plain.ts";
export { liveReporter, type LiveOptions, type Screen } from "./reporters/live.ts";
export { frameLines, type FrameParts } from "./reporters/frame.ts";
export { Remaining, type Estimate, type Expect } from "./reporters/remaining.ts";
export { terminalScreen } from "./reporters/terminal-screen.ts";
export { githubReporter, type GithubOptions } from "./reporters/github.ts";
export { sourceLocator, type Locate, type Places } from "./reporters/locate.ts";
export { labelled } from "./reporters/labelled.ts";
export { telemetryReporter, type TelemetryApi, type TelemetrySpan } from "./reporters/telemetry.ts";
export { junitReporter } from "./reporters/junit.ts";
export type { Annotation } from "./annotations/annotation.ts";
export { findAnnotations } from "./annotations/find-annotations.ts";
export { jsonReporter, type JsonReport, type JsonStage } from "./reporters/json.ts";
export { Progress, type Counts, type RunningStage } from "./reporters/progress.ts";
export { makeColors, wantsColor, type Colors } from "./colors.ts";

// Pictures of plans and builds.
export { graphPage, type GraphPageOptions } from "./page/graph-page.ts";
export { lastBuildOf, type LastBuild, type LastBuildParts, type LastStage } from "./last-build.ts";
export { traceOf, type Trace, type TraceEvent } from "./trace.ts";
