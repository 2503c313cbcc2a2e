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
  reportFold,
  type BuildEvent,
  type BuildOutcome,
  type Digest,
  type Report,
  type StageState,
  type StageSummary,
  type Store,
} from "@ashlar/core";

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
  keep(store: Store, file: string, report: Report): void {
    if (!this.#hasRun || store.notes === undefined) return;
    store.notes.write(noteName(file), Buffer.from(JSON.stringify(this.#lastBuild(report))));
  }

  #lastBuild(report: Report): LastBuild {
    const { outcome, startedAt = 0, durationMs, stages } = this.#fold.summary();
    const logs = new Map(
      report.stages.map(({ key, name, stdout, stderr }) => {
        return [key ?? name, { stdout, stderr }];
      }),
    );
    const labels = labelsOf(stages);
    return {
      ...{ version: 1, outcome, startedAt, durationMs },
      // What is undefined is absent from JSON.
      stages: stages.map(({ id, name, state, dependencies, durationMs: took, ...when }) => {
        const { startedAt: from, settledAt, key } = when;
        const stage = labels.get(id) ?? name;
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

/** What plans and graphs call stage calls: the name, from the second one on with a number. */
export function labelsOf(
  stages: readonly Pick<StageSummary, "id" | "name">[],
): ReadonlyMap<number, string> {
  const labels = new Map<number, string>();
  const taken = new Set<string>();
  const next = new Map<string, number>();
  for (const { id, name } of stages) {
    let label = name;
    for (let n = next.get(name) ?? 2; taken.has(label); n++) {
      label = `${name}#${n}`;
      next.set(name, n + 1);
    }
    taken.add(label);
    labels.set(id, label);
  }
  return labels;
}

function noteName(file: string): string {
  return `last-build-${createHash("sha256").update(file).digest("hex").slice(0, 32)}`;
}
