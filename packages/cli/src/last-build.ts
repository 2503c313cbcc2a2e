/**
 * The last build: what the store remembers of the build of a build file in which something ran last.
 *
 * Folded from the events of that build and its report, and kept as a note of the store, so that another
 * command can ask for it later: `logs` for what a failed stage printed, `trace` for what ran when, and a
 * screen for how long stages take. A build in which nothing ran leaves it as it is.
 *
 * Like all notes, it may be lost, and decides nothing.
 *
 * @module
 */
import { createHash } from "node:crypto";

import {
  foldReport,
  readEvents,
  reportFold,
  type BuildEvent,
  type BuildOutcome,
  type BuildSummary,
  type Digest,
  type Report,
  type StageState,
  type Store,
} from "@ashlar/core";

import { Labels } from "./labels.ts";

/** A stage call of the last build. */
export interface LastStage {
  readonly id: number;
  /** As plans call it: `compile`, `compile#2`. */
  readonly stage: string;
  readonly outcome: StageState;
  readonly dependencies: readonly number[];
  readonly durationMs: number;
  /** Of what ran in that build: from when to when, in milliseconds since 1970. */
  readonly startedAt?: number | undefined;
  readonly settledAt?: number | undefined;
  readonly key?: string | undefined;
  /** What it printed: blobs of the store. */
  readonly stdout?: Digest | undefined;
  readonly stderr?: Digest | undefined;
}

/** The last build in which something ran. */
export interface LastBuild {
  readonly version: 1;
  readonly outcome: BuildOutcome | undefined;
  readonly startedAt: number;
  readonly durationMs: number;
  /** How many commands could run at once, if that is known. */
  readonly slots?: number | undefined;
  readonly stages: readonly LastStage[];
}

/** Listens to a build, in order to remember it. */
export class BuildMemory {
  readonly #fold = reportFold();
  #hasRun = false;

  /** Takes an event. */
  onEvent(event: BuildEvent): void {
    if (event.type === "stage-started") this.#hasRun = true;
    this.#fold.onEvent(event);
  }

  /** Keeps it, if something ran. */
  keep(store: Store, file: string, report: Report, slots?: number): void {
    if (!this.#hasRun || store.notes === undefined) return;
    const last = lastBuildOf(this.#fold.summary(), { report, slots });
    store.notes.write(noteName(file), Buffer.from(JSON.stringify(last)));
  }
}

/** What is known of a build besides its events. */
export interface LastBuildParts {
  /** Says where the logs are. */
  readonly report?: Pick<Report, "stages"> | undefined;
  /** How many commands could run at once. */
  readonly slots?: number | undefined;
}

/**
 * What there is to remember of a build, from its events and its report.
 *
 * @example
 * ```ts
 * const fold = reportFold();
 * const report = await tryBuild(app, { runner, store, onEvent: fold.onEvent });
 * const last = lastBuildOf(fold.summary(), { report });
 * ```
 */
export function lastBuildOf(summary: BuildSummary, parts: LastBuildParts = {}): LastBuild {
  const { outcome, startedAt = 0, durationMs, stages } = summary;
  const { report, slots } = parts;
  const logs = new Map(
    report?.stages.map(({ key, name, stdout, stderr }) => {
      return [key ?? name, { stdout, stderr }];
    }),
  );
  const labels = new Labels(stages);
  return {
    ...{ version: 1, outcome, startedAt, durationMs, slots },
    // What is undefined is absent from JSON.
    stages: stages.map(({ id, name, state, dependencies, durationMs: took, ...when }) => {
      const { startedAt: from, settledAt, key } = when;
      const stage = labels.of(id) ?? name;
      const { stdout, stderr } = logs.get(key ?? name) ?? {};
      return {
        id,
        stage,
        outcome: state,
        dependencies,
        durationMs: took,
        startedAt: from,
        settledAt,
        key,
        stdout,
        stderr,
      };
    }),
  };
}

/** The last build of a build file, if the store remembers one. */
export function readLastBuild(store: Store, file: string): LastBuild | undefined {
  const bytes = store.notes?.read(noteName(file));
  if (bytes === undefined) return undefined;
  try {
    const last = JSON.parse(bytes.toString("utf8")) as LastBuild;
    // Of another version of this program: as good as none.
    return (last.version as number) === 1 ? last : undefined;
  } catch {
    return undefined;
  }
}

/** The build of a file that `--events` wrote. Where its logs are is not known. */
export async function readRecordedBuild(path: string): Promise<LastBuild> {
  return lastBuildOf(await foldReport(readEvents(path)));
}

function noteName(file: string): string {
  return `last-build-${createHash("sha256").update(file).digest("hex").slice(0, 32)}`;
}
