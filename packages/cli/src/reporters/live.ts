/**
 * The live reporter: a few lines at the bottom of a terminal that change while a build goes on. Only failures,
 * warnings and the summary stay.
 *
 *     events ─▶ Progress ─┬─▶ frameLines ─▶ screen, ten times a second
 *     last build ─▶ Remaining ┘
 *
 * An event costs the same however many stages there are, and nothing is drawn for it.
 *
 * @module
 */
import { renderError, type BuildEvent } from "@ashlar/core";

import type { Colors } from "../colors.ts";
import { oneLine } from "../one-line.ts";
import { paintError } from "../show-fault.ts";
import { shownTime } from "../shown.ts";
import { Failures } from "./failures.ts";
import { frameLines } from "./frame.ts";
import { Progress } from "./progress.ts";
import { Remaining, type Estimate, type Expect } from "./remaining.ts";
import type { BuildEnd, Reporter } from "./reporter.ts";
import { summaryLines } from "./summary-line.ts";
import { Warnings } from "./warnings.ts";

/** What the live reporter draws on. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Draws lines at the bottom, in the place of those that were drawn before. */
  draw(lines: readonly string[]): void;
  /** Writes lines above them, which stay. */
  keep(text: string): void;
  /** Takes the drawing away. */
  clear(): void;
}

/** How to tell. */
export interface LiveOptions {
  readonly screen: Screen;
  readonly colors: Colors;
  /** How long stages took before. */
  readonly expect: Expect;
  /** Commands at once. */
  readonly slots: number;
  /** Aborted when the build is being stopped. */
  readonly signal: AbortSignal;
  /** Calls back again and again, until what it returns is called. @defaultValue every 100 ms */
  readonly every?: (draw: () => void) => () => void;
  /** The time, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** How often the time that is left is estimated, in milliseconds: it takes longer than a drawing. */
const estimateMs = 1000;

/** Makes a live reporter. Draws first when {@link LiveOptions.every} calls back, so a short build is not drawn. */
export function liveReporter(options: LiveOptions): Reporter {
  return new LiveReporter(options);
}

class LiveReporter implements Reporter {
  readonly #options: LiveOptions;
  readonly #now: () => number;
  readonly #progress = new Progress();
  readonly #remaining: Remaining;
  readonly #failures: Failures;
  readonly #warnings = new Warnings();
  #stop: (() => void) | undefined;
  #estimate: Estimate | undefined;
  #estimatedAt = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#remaining = new Remaining(options.expect, options.slots);
    this.#failures = new Failures(options.colors);
  }

  onEvent(event: BuildEvent): void {
    this.#progress.onEvent(event);
    this.#warnings.onEvent(event);
    switch (event.type) {
      case "build-started":
        this.#remaining.add(event.stages);
        this.#estimatedAt = event.atMs;
        this.#stop = (this.#options.every ?? tenTimesASecond)(() => this.#draw());
        break;
      case "stage-expanded":
        this.#remaining.add(event.stages);
        break;
      case "stage-settled":
        if (event.outcome === "failed") this.#onFailed(event);
        break;
      case "stage-retried": {
        const { name, attempt, error } = event;
        const head = this.#options.colors.yellow("retry");
        this.#options.screen.keep(`${head} ${oneLine(name)}: run ${attempt}, ${error.message}`);
        break;
      }
      case "build-settled":
      case "remote-cache-used":
      case "source-taken":
      case "stage-output":
      case "stage-progressed":
      case "stage-rewound":
      case "stage-started":
      case "stage-verified":
        break;
    }
  }

  end(end: BuildEnd | undefined): void {
    this.#stop?.();
    const { screen, colors } = this.#options;
    screen.clear();
    if (end === undefined) return;
    for (const error of this.#failures.untold(end)) {
      screen.keep(paintError(renderError(error), colors));
    }
    const warnings = this.#warnings.lines(colors);
    screen.keep([...warnings, ...summaryLines(this.#progress, end.outcome, colors)].join("\n"));
  }

  #onFailed(event: BuildEvent & { readonly type: "stage-settled" }): void {
    const { screen, colors } = this.#options;
    const text = this.#failures.textOf(event);
    if (text === undefined) return;
    const time = event.durationMs === 0 ? "" : ` after ${shownTime(event.durationMs)}`;
    screen.keep(`${colors.red("failed")} ${oneLine(event.name)}${time}\n${text}\n`);
  }

  #draw(): void {
    const { screen, colors, signal } = this.#options;
    const now = this.#now();
    if (now - this.#estimatedAt >= estimateMs) {
      this.#estimatedAt = now;
      this.#estimate = this.#remaining.estimate(this.#progress, now);
    }
    const lines = frameLines({
      ...{ progress: this.#progress, now, estimate: this.#estimate, colors },
      ...{ columns: screen.columns, rows: screen.rows, isStopping: signal.aborted },
      expectedOf: (id) => this.#remaining.expectedOf(id),
    });
    screen.draw(lines);
  }
}

function tenTimesASecond(draw: () => void): () => void {
  const timer = setInterval(draw, 100);
  timer.unref();
  return () => clearInterval(timer);
}
