/**
 * Summaries: what a screen shows of a build, folded from its events and from nothing else.
 *
 *     waiting ──▶ running ──▶ ran | failed | cancelled
 *        │  ◀── rewound,
 *        │      retried ──┘
 *        └──▶ reused | expanded | failed | skipped | cancelled
 *
 * A recording gives the same summary as the build that it was made of, and both agree with its report. A
 * summary of a build that is not over is that of the moment.
 *
 * @module
 */
import type { Digest } from "../digest/digest.ts";
import type { ActionKey } from "../graph/action.ts";
import type { NodeId } from "../graph/plan.ts";
import type { Remark } from "../graph/remark.ts";
import type {
  BuildEvent,
  BuildOutcome,
  ErrorSummary,
  Outcome,
  RemoteCacheUse,
  StagePhase,
} from "./event.ts";

/** What has become of a stage call so far. */
export type StageState = "waiting" | "running" | Outcome;

/** One stage call of a build. */
export interface StageSummary {
  readonly id: NodeId;
  /** Name of its stage. */
  readonly name: string;
  /** Numbers of the calls that must have succeeded before it. */
  readonly dependencies: readonly NodeId[];
  readonly state: StageState;
  /** Where its command is while it is running, if the runner tells. */
  readonly phase: StagePhase | undefined;
  /** Absent as long as it has none. */
  readonly key: ActionKey | undefined;
  /** How long its command took, now or when the reused result was made. Zero before that is known. */
  readonly durationMs: number;
  /** When its command was started in this build, last; when it settled, last. */
  readonly startedAt: number | undefined;
  readonly settledAt: number | undefined;
  /** Who ran it, now or then: `<runner>/<hermeticity>`. */
  readonly ranBy: string | undefined;
  /** How often its command was started in this build: more than once if it was retried. */
  readonly attempts: number;
  readonly error: ErrorSummary | undefined;
  /** Why it was skipped, or run though there was a result, in one clause. */
  readonly reason: string | undefined;
  /** What its run gave rise to say, now or when the reused result was made. */
  readonly remarks: readonly Remark[];
  /** Why its command was run in this build by another runner than that which was asked, if it was. */
  readonly fellBack: ErrorSummary | undefined;
}

/** A source of a build. */
export interface SourceSummary {
  readonly location: string;
  readonly digest: Digest;
  readonly durationMs: number;
}

/** How many stage calls are in each state, and what they cost. */
export interface Totals extends Readonly<Record<StageState, number>> {
  readonly stages: number;
  /** Time of the commands that were executed in this build, as if one after another. */
  readonly spentMs: number;
  /** Time that the reused results took when they were made. */
  readonly savedMs: number;
}

/** What a screen shows of a build. Plain data, of the moment: it does not change any more. */
export interface BuildSummary {
  /** Absent while the build is under way, or when its events were cut off. */
  readonly outcome: BuildOutcome | undefined;
  readonly startedAt: number | undefined;
  /** Up to its end, or to the last event so far. */
  readonly durationMs: number;
  /** Every stage call, inputs before what needs them. */
  readonly stages: readonly StageSummary[];
  /** In the order in which they were taken. */
  readonly sources: readonly SourceSummary[];
  /**
   * Failures of stages, the first one first. That a build was cancelled, that it could not begin, or that a
   * target is no part of what was made, is no event: only its report or its exception has that error.
   */
  readonly errors: readonly ErrorSummary[];
  /** Names of stages by outcome, in the order in which they settled. */
  readonly ran: readonly string[];
  readonly reused: readonly string[];
  readonly expanded: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
  readonly cancelled: readonly string[];
  readonly totals: Totals;
  /** What a cache elsewhere did, if there is one that did anything; known when the build is over. */
  readonly remoteCache: RemoteCacheUse | undefined;
}

/** A fold that is under way, for screens that follow a build. */
export interface ReportFold {
  /** Give it to a build as its `onEvent`. Takes constant time. */
  readonly onEvent: (event: BuildEvent) => void;
  /** What is known so far. Takes time in proportion to the number of stages. */
  readonly summary: () => BuildSummary;
}

/**
 * Folds events into a summary: of a list, or of a stream such as `readEvents` gives. Where there are
 * several builds, the last one counts.
 *
 * @example
 * ```ts
 * const { failed, totals } = await foldReport(readEvents("build.jsonl"));
 * ```
 */
export function foldReport(events: Iterable<BuildEvent>): BuildSummary;
export function foldReport(events: AsyncIterable<BuildEvent>): Promise<BuildSummary>;
export function foldReport(
  events: Iterable<BuildEvent> | AsyncIterable<BuildEvent>,
): BuildSummary | Promise<BuildSummary> {
  const { onEvent, summary } = reportFold();
  if (Symbol.iterator in events) {
    for (const event of events) onEvent(event);
    return summary();
  }
  return (async () => {
    for await (const event of events) onEvent(event);
    return summary();
  })();
}

/**
 * Starts a fold that takes events as they come.
 *
 * @example
 * ```ts
 * const fold = reportFold();
 * const timer = setInterval(() => draw(fold.summary()), 100);
 * await tryBuild(app, { runner, onEvent: fold.onEvent });
 * ```
 */
export function reportFold(): ReportFold {
  let fold = new Fold();
  return {
    onEvent: (event) => {
      if (event.type === "build-started") fold = new Fold();
      fold.take(event);
    },
    summary: () => fold.summary(),
  };
}

class Fold {
  #outcome: BuildOutcome | undefined;
  #startedAt: number | undefined;
  #durationMs = 0;
  readonly #stages = new Map<NodeId, StageSummary>();
  /** Those that have settled, in the order of their last settlements. */
  readonly #settled = new Set<NodeId>();
  readonly #sources: SourceSummary[] = [];
  #remoteCache: RemoteCacheUse | undefined;

  take(event: BuildEvent): void {
    this.#startedAt ??= event.atMs;
    this.#durationMs = event.atMs - this.#startedAt;
    switch (event.type) {
      case "build-started":
        for (const { id, name, dependencies } of event.stages) {
          this.#stages.set(id, { ...blank, id, name, dependencies });
        }
        break;
      case "source-taken": {
        const { location, digest, durationMs } = event;
        this.#sources.push({ location, digest, durationMs });
        break;
      }
      case "stage-expanded": {
        for (const { id, name, dependencies } of event.stages) {
          this.#stages.set(id, { ...blank, id, name, dependencies });
        }
        const known = this.#stages.get(event.id)?.dependencies ?? [];
        const dependencies = [...new Set([...known, ...event.dependencies])];
        this.#change(event.id, event.name, { dependencies });
        break;
      }
      case "stage-started": {
        this.#settled.delete(event.id);
        const { id, name, key, atMs } = event;
        const attempts = (this.#stages.get(id)?.attempts ?? 0) + 1;
        this.#change(id, name, { ...fresh, state: "running", key, startedAt: atMs, attempts });
        break;
      }
      case "stage-progressed":
        this.#change(event.id, event.name, { phase: event.phase });
        break;
      case "stage-verified":
      case "stage-output":
        break;
      case "stage-rewound":
        this.#settled.delete(event.id);
        this.#change(event.id, event.name, { ...fresh, state: "waiting", attempts: 0 });
        break;
      case "stage-retried":
        this.#settled.delete(event.id);
        this.#change(event.id, event.name, { ...fresh, state: "waiting" });
        break;
      case "stage-settled": {
        this.#settled.delete(event.id);
        this.#settled.add(event.id);
        const { id, name, outcome, key, durationMs, ranBy, attempts, error, reason } = event;
        const { remarks = [], fellBack, atMs: settledAt } = event;
        const run = { key, durationMs, ranBy, attempts, fellBack };
        const end = { ...run, error, reason, remarks, settledAt };
        this.#change(id, name, { ...end, phase: undefined, state: outcome });
        break;
      }
      case "remote-cache-used": {
        const { type: _, atMs: __, ...use } = event;
        this.#remoteCache = use;
        break;
      }
      case "build-settled":
        this.#outcome = event.outcome;
        this.#durationMs = event.durationMs;
    }
  }

  summary(): BuildSummary {
    const settled = [...this.#settled].flatMap((id) => this.#stages.get(id) ?? []);
    const named = (state: Outcome): readonly string[] =>
      settled.filter((stage) => stage.state === state).map(({ name }) => name);
    return {
      outcome: this.#outcome,
      startedAt: this.#startedAt,
      durationMs: this.#durationMs,
      stages: [...this.#stages.values()],
      sources: [...this.#sources],
      errors: settled.flatMap(({ error }) => error ?? []),
      ran: named("ran"),
      reused: named("reused"),
      expanded: named("expanded"),
      failed: named("failed"),
      skipped: named("skipped"),
      cancelled: named("cancelled"),
      totals: totalsOf(this.#stages.values()),
      remoteCache: this.#remoteCache,
    };
  }

  /** A call that was never listed, because the start of a recording is missing, is put last. */
  #change(id: NodeId, name: string, changes: Partial<StageSummary>): void {
    const stage = this.#stages.get(id) ?? { ...blank, id, name, dependencies: [] };
    this.#stages.set(id, { ...stage, ...changes });
  }
}

/** What a command that starts, or waits, again has lost. */
const fresh = {
  phase: undefined,
  durationMs: 0,
  ranBy: undefined,
  error: undefined,
  reason: undefined,
  remarks: [],
  fellBack: undefined,
  settledAt: undefined,
} as const;

const blank = {
  ...fresh,
  state: "waiting",
  key: undefined,
  startedAt: undefined,
  attempts: 0,
} as const;

function totalsOf(stages: Iterable<StageSummary>): Totals {
  const totals = {
    ...{ stages: 0, waiting: 0, running: 0, spentMs: 0, savedMs: 0 },
    ...{ ran: 0, reused: 0, expanded: 0, failed: 0, skipped: 0, cancelled: 0 },
  };
  for (const { state, durationMs } of stages) {
    totals.stages++;
    totals[state]++;
    totals[state === "reused" ? "savedMs" : "spentMs"] += durationMs;
  }
  return totals;
}
