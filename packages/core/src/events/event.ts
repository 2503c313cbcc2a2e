/**
 * Events: all that happens in a build, as plain data.
 *
 * One closed union. Events carry names and numbers, never live objects, so that each can be written to
 * a file as a line of JSON and read back. Whatever a person sees of a build is a fold over them.
 *
 * @module
 */
import type { Digest } from "../digest/digest.ts";
import type { ActionKey } from "../graph/action.ts";
import type { NodeId } from "../graph/plan.ts";
import type { Remark } from "../graph/remark.ts";

/** How a stage call ended. */
export type Outcome =
  /** It was executed, and succeeded. */
  | "ran"
  /** An earlier result was used. */
  | "reused"
  /** A dynamic stage, which has no command: what it stands for was made. */
  | "expanded"
  /** It was executed, or could not be, and did not succeed. */
  | "failed"
  /** It was not started: something before it did not succeed, or the build had stopped. */
  | "skipped"
  /** It was stopped. */
  | "cancelled";

/** True for the outcomes after which others may go on. */
export function isSuccess(outcome: Outcome): boolean {
  return outcome === "ran" || outcome === "reused" || outcome === "expanded";
}

/** How a build ended. */
export type BuildOutcome = "succeeded" | "failed" | "cancelled";

/** An error, as data. */
export interface ErrorSummary {
  readonly code: string;
  readonly message: string;
  /** The error as a person reads it. */
  readonly text: string;
}

/** Fields of every event about one stage call. */
interface StageEvent {
  /** Number of the call in this build. */
  readonly id: NodeId;
  /** Name of its stage. */
  readonly name: string;
}

/** A stage call that a build may have to do with. */
export interface PlannedStage extends StageEvent {
  /** Numbers of the calls that must have succeeded before it. */
  readonly dependencies: readonly NodeId[];
}

/** The first event. */
export interface BuildStarted {
  readonly type: "build-started";
  /** The calls of this build, inputs before what needs them. */
  readonly stages: readonly PlannedStage[];
}

/** A source has been copied into the store. */
export interface SourceTaken {
  readonly type: "source-taken";
  readonly location: string;
  readonly digest: Digest;
  readonly durationMs: number;
}

/** A dynamic stage has described more of the graph, and waits for it. */
export interface StageExpanded extends StageEvent {
  readonly type: "stage-expanded";
  /** The calls that this adds to the build, inputs before what needs them. */
  readonly stages: readonly PlannedStage[];
  /** Numbers of the calls that the dynamic stage waits for now, besides those before. */
  readonly dependencies: readonly NodeId[];
}

/** A command has been started. */
export interface StageStarted extends StageEvent {
  readonly type: "stage-started";
  readonly key: ActionKey;
  readonly argv: readonly string[];
}

/**
 * Where a command is that was handed to a runner elsewhere: its inputs travel, it waits for a worker, it is executed,
 * what it made travels.
 */
export type StagePhase = "uploading" | "queued" | "executing" | "downloading";

/** A command that was started has come further, on a runner that tells. A phase may come again, and may be left out. */
export interface StageProgressed extends StageEvent {
  readonly type: "stage-progressed";
  readonly phase: StagePhase;
}

/** A command printed something, or what it printed when it ran is replayed. */
export interface StageOutput extends StageEvent {
  readonly type: "stage-output";
  readonly stream: "stdout" | "stderr";
  /** Decoded as UTF-8. Part of a line, or many. */
  readonly text: string;
  readonly isReplay: boolean;
}

/** A blob that an earlier result promised is gone; what makes it runs again. */
export interface StageRewound extends StageEvent {
  readonly type: "stage-rewound";
  readonly digest: Digest;
}

/** A command failed, and will be run again, in a fresh place. */
export interface StageRetried extends StageEvent {
  readonly type: "stage-retried";
  /** Number of the run that failed: 1 for the first. */
  readonly attempt: number;
  /** Why it failed. */
  readonly error: ErrorSummary;
  /** How long it waits before it is run again, in milliseconds. */
  readonly delayMs: number;
}

/** A command was run once more, to see whether it gives the same. */
export interface StageVerified extends StageEvent {
  readonly type: "stage-verified";
  readonly key: ActionKey;
  readonly isSame: boolean;
}

/**
 * A call is over. Each call of a build has one such event; one more for each time that it had to run
 * again because a blob of what it made was lost, and then the last one counts.
 */
export interface StageSettled extends StageEvent {
  readonly type: "stage-settled";
  readonly outcome: Outcome;
  /** Absent when it never got so far as to have one. */
  readonly key: ActionKey | undefined;
  /** How long the command took. For a reused result: when it ran. Zero if it never did. */
  readonly durationMs: number;
  /** Who ran it, now or then: `<runner>/<hermeticity>`, or `<runner>/<hermeticity>+cache`. */
  readonly ranBy: string | undefined;
  /** How often its command was run in this build: more than once if it was retried. */
  readonly attempts: number;
  /** Why it failed; or in one clause why it was skipped, or run though there was a result. */
  readonly error: ErrorSummary | undefined;
  readonly reason: string | undefined;
  /** What the run gave rise to say, now or then, if its command says how to find it. Absent when that is nothing. */
  readonly remarks?: readonly Remark[] | undefined;
  /** Why its command was run in this build by another runner than that which was asked. Absent when that did. */
  readonly fellBack?: ErrorSummary | undefined;
}

/** What a cache elsewhere did for a build. Of two builds at once with one store, each is told of both. */
export interface RemoteCacheUse {
  /** For people, without anything secret: `grpcs://cache.example:443/main`. */
  readonly name: string;
  /** Results that were looked for there, because they were not here: found, and not found. */
  readonly hits: number;
  readonly misses: number;
  readonly fetchedBlobs: number;
  readonly fetchedBytes: number;
  readonly sentResults: number;
  readonly sentBlobs: number;
  readonly sentBytes: number;
  /** Things that it was to do, and did not. */
  readonly failures: number;
  /** The first of them. */
  readonly error: ErrorSummary | undefined;
  /** Whether it was left alone for the rest of the build. */
  readonly isGivenUp: boolean;
  /** What else there is to say, one clause each. */
  readonly remarks: readonly string[];
}

/** What a cache elsewhere has done. Comes once, before the end, if it was used. */
export interface RemoteCacheUsed extends RemoteCacheUse {
  readonly type: "remote-cache-used";
}

/** The last event. */
export interface BuildSettled {
  readonly type: "build-settled";
  readonly outcome: BuildOutcome;
  readonly durationMs: number;
}

/** Anything that happens in a build. */
export type BuildEvent = { readonly atMs: number } & (
  | BuildStarted
  | SourceTaken
  | StageExpanded
  | StageStarted
  | StageProgressed
  | StageOutput
  | StageRewound
  | StageRetried
  | StageVerified
  | StageSettled
  | RemoteCacheUsed
  | BuildSettled
);

/** What an event says besides its time. */
export type BuildEventBody = BuildEvent extends infer E
  ? E extends BuildEvent
    ? Omit<E, "atMs">
    : never
  : never;
