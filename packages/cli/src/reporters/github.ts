/**
 * The reporter for GitHub Actions: a group for what each stage prints, and annotations in the files.
 *
 *     ::group::compile (4.2 s)
 *     src/main.c:4:18: error: expected ';'
 *     ::endgroup::
 *     ::error file=src/main.c,line=4,col=18,title=compile::expected ';'
 *
 * What a stage prints cannot command the workflow: commands in it are switched off.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { renderError, type BuildEvent } from "@ashlar/core";

import type { Annotation } from "../annotations/annotation.ts";
import { findAnnotations } from "../annotations/find-annotations.ts";
import { makeColors } from "../colors.ts";
import { oneLine } from "../one-line.ts";
import { shownTime } from "../shown.ts";
import { Failures } from "./failures.ts";
import type { Locate } from "./locate.ts";
import { Progress } from "./progress.ts";
import type { BuildEnd, Reporter } from "./reporter.ts";
import { StageLogs } from "./stage-logs.ts";
import { summaryLines } from "./summary-line.ts";
import { warningsOf } from "./warnings.ts";

/** GitHub shows ten of a level in each step; what comes after them is dropped there. */
const maxAnnotations = 50;

/** Groups of stages that succeeded: beyond, nobody opens them. */
const maxGroups = 200;

/** How to tell. */
export interface GithubOptions {
  /** Takes whole lines. Must be what the runner of GitHub reads. */
  readonly write: (text: string) => void;
  /**
   * The path in the repository of a file that a stage has named; `undefined` when it is none of it. `sourceLocator`
   * makes one.
   *
   * @defaultValue without the `in/` of an input, if it is relative
   */
  readonly locate?: Locate;
  /** A word that nobody can guess. @defaultValue a new one */
  readonly token?: string;
}

/** Makes a reporter for GitHub Actions. */
export function githubReporter(options: GithubOptions): Reporter {
  return new GithubReporter(options);
}

class GithubReporter implements Reporter {
  readonly #write: (line: string) => void;
  readonly #locate: Locate;
  readonly #token: string;
  readonly #progress = new Progress();
  readonly #logs = new StageLogs();
  readonly #failures = new Failures(makeColors(false));
  /** What was warned of: several stages may say the same. */
  readonly #warned = new Set<string>();
  #annotations = 0;
  #groups = 0;

  constructor({ write, locate = inRepository, token = randomUUID() }: GithubOptions) {
    this.#write = (line) => write(`${line}\n`);
    this.#locate = locate;
    this.#token = token;
  }

  onEvent(event: BuildEvent): void {
    this.#progress.onEvent(event);
    this.#logs.onEvent(event);
    if (event.type === "stage-settled") this.#onSettled(event);
  }

  end(end: BuildEnd | undefined): void {
    if (end === undefined) return;
    for (const error of this.#failures.untold(end)) {
      this.#write(command("error", { title: error.code }, renderError(error)));
    }
    for (const line of summaryLines(this.#progress, end.outcome, makeColors(false))) {
      this.#write(line);
    }
  }

  #onSettled(event: BuildEvent & { readonly type: "stage-settled" }): void {
    const { id, name, outcome, durationMs } = event;
    const log = this.#logs.take(id);
    const isFailure = outcome === "failed";
    // Those of reused results as well: where most is reused, nobody would ever see them.
    for (const warning of warningsOf(event)) this.#warn(warning, name);
    if (!isFailure && outcome !== "ran") return;
    const text = isFailure ? this.#failures.textOf(event) : undefined;
    if (isFailure && text === undefined) return;
    const title = `${isFailure ? "failed: " : ""}${oneLine(name)} (${shownTime(durationMs)})`;
    if (log === "") this.#write(title);
    else if (isFailure || this.#groups < maxGroups) this.#group(title, log);
    if (text !== undefined) this.#shield(text);
    const found = findAnnotations(log).flatMap((each) => {
      const file = this.#locate(each.file, name);
      return file === undefined ? [] : [{ ...each, file }];
    });
    for (const each of found) this.#annotate(each, name);
    // A failure without a place is still to be seen beside the run.
    if (isFailure && !found.some(({ level }) => level === "error")) {
      this.#write(command("error", { title: name }, event.error?.message ?? "it failed"));
    }
  }

  #group(title: string, log: string): void {
    this.#groups++;
    this.#write(`::group::${title}`);
    this.#shield(log.replace(/\n$/, ""));
    this.#write("::endgroup::");
  }

  /** Writes what a stage has printed. */
  #shield(text: string): void {
    const isCommand = /^\s*(?:::|##\[)/m.test(text);
    if (isCommand) this.#write(`::stop-commands::${this.#token}`);
    this.#write(text);
    if (isCommand) this.#write(`::${this.#token}::`);
  }

  #warn(text: string, title: string): void {
    if (this.#annotations >= maxAnnotations || this.#warned.has(text)) return;
    this.#annotations++;
    this.#warned.add(text);
    this.#write(command("warning", { title }, text));
  }

  #annotate({ level, file, line, column, code, message }: Annotation, stage: string): void {
    if (this.#annotations >= maxAnnotations) return;
    this.#annotations++;
    const title = code === undefined ? stage : `${stage}: ${code}`;
    const place = { file, line: String(line), ...(column && { col: String(column) }) };
    this.#write(command(level, { ...place, title }, message));
  }
}

/** A command of a workflow. */
function command(name: string, properties: Readonly<Record<string, string>>, text: string): string {
  const shown = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${name} ${shown.join(",")}::${escapeText(text)}`;
}

function escapeText(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeText(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** Commands see inputs at `in/NAME/`, and sources are called by their folders: right where those are at the top. */
function inRepository(file: string): string | undefined {
  if (file.startsWith("/")) return undefined;
  return file.replace(/^\.\//, "").replace(/^in\//, "");
}
