/**
 * The plain reporter: lines that scroll by, for CI, pipes and terminals that cannot be drawn on.
 *
 *     [ 2/12] ran     compile  1.2 s
 *     [ 3/12] failed  lint     0.4 s
 *     error[STAGE_FAILED]: ...
 *     warning: compile: ...
 *     failed in 2.1 s: 1 failed, 1 ran, 9 reused, 1 skipped
 *
 * What was reused is only counted. Of a large build there is a line for each tenth, not for each stage, so
 * ten thousand stages are about as many lines as a hundred.
 *
 * @module
 */
import { renderError, type BuildEvent } from "@ashlar/core";

import type { Colors } from "../colors.ts";
import { oneLine } from "../one-line.ts";
import { paintError } from "../show-fault.ts";
import { shownNumber, shownTime } from "../shown.ts";
import { Failures } from "./failures.ts";
import { Progress } from "./progress.ts";
import type { BuildEnd, Reporter } from "./reporter.ts";
import { summaryLines } from "./summary-line.ts";
import { Warnings } from "./warnings.ts";

/** Lines about single stages, after which only tenths are told of. */
const maxStageLines = 100;

/** How to tell. */
export interface PlainOptions {
  /** Takes whole lines. */
  readonly write: (text: string) => void;
  readonly colors: Colors;
  /** Whether to tell of every stage, and what each prints. @defaultValue false */
  readonly isVerbose?: boolean;
}

/** Makes a plain reporter. */
export function plainReporter(options: PlainOptions): Reporter {
  return new PlainReporter(options);
}

class PlainReporter implements Reporter {
  readonly #write: (line: string) => void;
  readonly #colors: Colors;
  readonly #isVerbose: boolean;
  readonly #progress = new Progress();
  readonly #failures: Failures;
  readonly #warnings = new Warnings();
  #stageLines = 0;
  #tenths = 0;

  constructor({ write, colors, isVerbose = false }: PlainOptions) {
    this.#write = (line) => write(`${line}\n`);
    this.#colors = colors;
    this.#isVerbose = isVerbose;
    this.#failures = new Failures(colors);
  }

  onEvent(event: BuildEvent): void {
    this.#progress.onEvent(event);
    this.#warnings.onEvent(event);
    switch (event.type) {
      case "stage-settled":
        this.#onSettled(event);
        break;
      case "stage-retried": {
        const { name, attempt, error } = event;
        this.#write(`${this.#colors.yellow("retry")}   ${name}: run ${attempt}, ${error.message}`);
        break;
      }
      case "stage-output":
        if (this.#isVerbose) this.#onOutput(event);
        break;
      case "stage-progressed":
        if (this.#isVerbose)
          this.#write(this.#colors.dim(`${oneLine(event.name)} · ${event.phase}`));
        break;
      case "build-started":
      case "build-settled":
      case "remote-cache-used":
      case "source-taken":
      case "stage-expanded":
      case "stage-rewound":
      case "stage-started":
      case "stage-verified":
        break;
    }
  }

  end(end: BuildEnd | undefined): void {
    if (end === undefined) return;
    for (const error of this.#failures.untold(end)) {
      this.#write(paintError(renderError(error), this.#colors));
    }
    for (const line of this.#warnings.lines(this.#colors)) this.#write(line);
    for (const line of summaryLines(this.#progress, end.outcome, this.#colors)) this.#write(line);
  }

  #onSettled(event: BuildEvent & { readonly type: "stage-settled" }): void {
    if (event.outcome === "failed") this.#onFailed(event);
    else if (this.#isVerbose || (event.outcome === "ran" && this.#stageLines < maxStageLines)) {
      this.#stageLines++;
      this.#writeStage(event, event.outcome.padEnd(7));
    }
    this.#tellTenth();
  }

  #onFailed(event: BuildEvent & { readonly type: "stage-settled" }): void {
    const text = this.#failures.textOf(event);
    if (text === undefined) return;
    this.#stageLines++;
    this.#writeStage(event, this.#colors.red("failed "));
    this.#write(`${text}\n`);
  }

  #writeStage({ name, durationMs }: { name: string; durationMs: number }, outcome: string): void {
    const time = durationMs === 0 ? "" : `  ${shownTime(durationMs)}`;
    this.#write(`${this.#place()} ${outcome} ${oneLine(name)}${time}`);
  }

  /** Once stages have no lines any more, tells of every tenth of the build. */
  #tellTenth(): void {
    const { settled, total } = this.#progress;
    const tenths = Math.floor((10 * settled) / Math.max(1, total));
    const isNew = tenths > this.#tenths && tenths < 10;
    this.#tenths = Math.max(this.#tenths, tenths);
    if (isNew && !this.#isVerbose && this.#stageLines >= maxStageLines) {
      this.#write(`${this.#place()} …`);
    }
  }

  #onOutput({ name, text }: BuildEvent & { readonly type: "stage-output" }): void {
    for (const line of text.replace(/\n$/, "").split("\n")) {
      this.#write(`${this.#colors.dim(`${name} │`)} ${line}`);
    }
  }

  #place(): string {
    const total = shownNumber(this.#progress.total);
    const settled = shownNumber(this.#progress.settled).padStart(total.length);
    return this.#colors.dim(`[${settled}/${total}]`);
  }
}
