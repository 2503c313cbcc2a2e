/**
 * Progress: how far a build is, folded from its events in constant time for each.
 *
 *     waiting ──▶ running ──▶ ran | failed | cancelled
 *        └──▶ reused | expanded | failed | skipped | cancelled
 *
 * The core's `reportFold` knows more, and takes time in proportion to the number of stages to say it. A
 * screen that is drawn ten times a second needs this one.
 *
 * @module
 */
import type { BuildEvent, ErrorSummary, Outcome, RemoteCacheUse, StagePhase } from "@ashlar/core";

/** A command that is running. */
export interface RunningStage {
  readonly id: number;
  readonly name: string;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  /** Where it is, if its runner tells. */
  readonly phase?: StagePhase;
  /** The last line that it has printed, as it is, perhaps not yet to its end; cut where it is very long. */
  readonly said?: string;
}

/** How many calls have ended how. */
export type Counts = Record<Outcome, number>;

/** How far a build is. */
export class Progress {
  /** In the order in which they started. */
  readonly running: Map<number, RunningStage> = new Map();
  readonly counts: Counts = {
    ...{ ran: 0, reused: 0, expanded: 0, failed: 0, skipped: 0, cancelled: 0 },
  };
  /** Names of the stages that failed, in order. */
  readonly failed: Map<number, string> = new Map();
  /** Why commands were run by another runner than that which was asked, by call. */
  readonly fellBack: Map<number, ErrorSummary> = new Map();
  /** Stage calls that are known of so far. */
  total = 0;
  /** Those that have settled. */
  settled = 0;
  /** Commands that were run once more, and gave something else. */
  unequal = 0;
  /** What a cache elsewhere has done, once the build is as good as over. */
  remoteCache: RemoteCacheUse | undefined;
  /** When the first event came, and the last; in milliseconds since 1970. */
  startedAt = 0;
  now = 0;
  /** How long the build took, once it is over. */
  durationMs: number | undefined;
  /** How long the commands that ran took in all, and those that did not have to. */
  spentMs = 0;
  savedMs = 0;
  readonly #outcomes = new Map<number, Outcome>();

  /** Takes an event. */
  onEvent(event: BuildEvent): void {
    this.now = event.atMs;
    switch (event.type) {
      case "build-started":
        this.startedAt = event.atMs;
        this.total = event.stages.length;
        break;
      case "stage-expanded":
        this.total += event.stages.length;
        break;
      case "stage-started": {
        const { id, name, atMs } = event;
        this.#unsettle(id);
        this.running.set(id, { id, name, startedAt: atMs });
        break;
      }
      case "stage-progressed": {
        const running = this.running.get(event.id);
        if (running !== undefined) this.running.set(event.id, { ...running, phase: event.phase });
        break;
      }
      case "stage-retried":
      case "stage-rewound":
        this.running.delete(event.id);
        this.#unsettle(event.id);
        break;
      case "stage-settled": {
        const { id, name, outcome, durationMs, fellBack } = event;
        this.running.delete(id);
        this.#unsettle(id);
        this.#outcomes.set(id, outcome);
        this.counts[outcome]++;
        this.settled++;
        if (outcome === "failed") this.failed.set(id, name);
        if (fellBack !== undefined) this.fellBack.set(id, fellBack);
        if (outcome === "reused") this.savedMs += durationMs;
        else this.spentMs += durationMs;
        break;
      }
      case "stage-verified":
        if (!event.isSame) this.unequal++;
        break;
      case "remote-cache-used":
        this.remoteCache = event;
        break;
      case "build-settled":
        this.durationMs = event.durationMs;
        this.running.clear();
        break;
      case "stage-output": {
        const running = this.running.get(event.id);
        if (running !== undefined) {
          this.running.set(event.id, { ...running, said: lastLine(running.said, event.text) });
        }
        break;
      }
      case "source-taken":
        break;
    }
  }

  /** How a call has ended; `undefined` while it has not. */
  outcomeOf(id: number): Outcome | undefined {
    return this.#outcomes.get(id);
  }

  /** It runs again: what it made was lost. */
  #unsettle(id: number): void {
    const before = this.#outcomes.get(id);
    if (before === undefined) return;
    this.#outcomes.delete(id);
    this.counts[before]--;
    this.settled--;
    this.failed.delete(id);
    this.fellBack.delete(id);
  }
}

/** Characters that are looked at, and kept: more than any screen is wide. */
const maxKept = 1000;

/** The last line of a text that is not blank, or of what came before it: a line goes on until it is ended. */
function lastLine(before = "", text: string): string {
  const all = (before + text.slice(-maxKept)).slice(-maxKept);
  const end = all.trimEnd().length;
  const start = Math.max(all.lastIndexOf("\n", end - 1), all.lastIndexOf("\r", end - 1)) + 1;
  // With its end, by which the next text is known for another line.
  return all.slice(start, end) + (/[\r\n]/.test(all.slice(end)) ? "\n" : "");
}
