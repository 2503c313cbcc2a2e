/**
 * Builds as spans of OpenTelemetry: one for the build, and in it one for each command that ran.
 *
 *     build ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
 *       compile ▇▇▇▇▇▇▇▇  link ▇▇▇
 *       lint ▇▇▇▇
 *
 * OpenTelemetry is no dependency: whoever uses it has it, and hands it over.
 *
 * @module
 */
import type { BuildEvent } from "@ashlar/core";

import { Progress } from "./progress.ts";
import type { BuildEnd, Reporter } from "./reporter.ts";

/** What is used of a span. */
export interface TelemetrySpan {
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  /** @param at - In milliseconds since 1970. */
  end(at?: number): void;
}

/** What is used of `@opentelemetry/api`: the module itself fits. */
export interface TelemetryApi<C, S extends TelemetrySpan> {
  readonly trace: {
    getTracer(name: string): {
      startSpan(
        name: string,
        options: {
          readonly startTime: number;
          readonly attributes: Record<string, string | number>;
        },
        context: C,
      ): S;
    };
    setSpan(context: C, span: S): C;
  };
  readonly context: { active(): C };
  readonly SpanStatusCode: { readonly OK: number; readonly ERROR: number };
}

/** How many letters of a command line an attribute holds. */
const maxCommand = 1000;

/**
 * Makes a reporter that tells OpenTelemetry of a build. Its spans are children of the span that is active when the
 * build starts.
 *
 * @example
 * ```ts
 * import * as api from "@opentelemetry/api";
 *
 * export const settings: Settings = { reporters: [telemetryReporter(api)] };
 * ```
 */
export function telemetryReporter<C, S extends TelemetrySpan>(api: TelemetryApi<C, S>): Reporter {
  return new TelemetryReporter(api);
}

class TelemetryReporter<C, S extends TelemetrySpan> implements Reporter {
  readonly #api: TelemetryApi<C, S>;
  readonly #progress = new Progress();
  /** The build, and the context that its commands are in. */
  #build: { readonly span: S; readonly context: C } | undefined;
  readonly #commands = new Map<number, S>();

  constructor(api: TelemetryApi<C, S>) {
    this.#api = api;
  }

  onEvent(event: BuildEvent): void {
    this.#progress.onEvent(event);
    switch (event.type) {
      case "build-started": {
        const active = this.#api.context.active();
        const span = this.#start("ashlar build", event.atMs, {}, active);
        this.#build = { span, context: this.#api.trace.setSpan(active, span) };
        break;
      }
      case "stage-started": {
        if (this.#build === undefined) break;
        const { id, name, key, argv, atMs } = event;
        const command = argv.join(" ").slice(0, maxCommand);
        const attributes = { "ashlar.stage": name, "ashlar.key": key, "ashlar.command": command };
        this.#commands.set(id, this.#start(name, atMs, attributes, this.#build.context));
        break;
      }
      case "stage-retried":
        this.#end(event.id, event.atMs, "retried", event.error.message);
        break;
      case "stage-settled":
        this.#end(event.id, event.atMs, event.outcome, event.error?.message);
        break;
      case "build-settled":
      case "remote-cache-used":
      case "source-taken":
      case "stage-expanded":
      case "stage-output":
      case "stage-progressed":
      case "stage-rewound":
      case "stage-verified":
        break;
    }
  }

  end(end: BuildEnd | undefined): void {
    const { now, counts } = this.#progress;
    for (const id of this.#commands.keys()) this.#end(id, now, "cancelled", undefined);
    const span = this.#build?.span;
    if (span === undefined) return;
    for (const [outcome, count] of Object.entries(counts)) {
      span.setAttribute(`ashlar.stages.${outcome}`, count);
    }
    span.setAttribute("ashlar.outcome", end?.outcome ?? "failed");
    const { OK, ERROR } = this.#api.SpanStatusCode;
    const [error] = end?.errors ?? [];
    if (end?.outcome === "succeeded") span.setStatus({ code: OK });
    else span.setStatus({ code: ERROR, ...(error && { message: error.message }) });
    span.end(now);
    this.#build = undefined;
  }

  #start(
    name: string,
    startTime: number,
    attributes: Record<string, string | number>,
    context: C,
  ): S {
    return this.#api.trace
      .getTracer("@ashlar/cli")
      .startSpan(name, { startTime, attributes }, context);
  }

  #end(id: number, atMs: number, outcome: string, message: string | undefined): void {
    const span = this.#commands.get(id);
    if (span === undefined) return;
    this.#commands.delete(id);
    span.setAttribute("ashlar.outcome", outcome);
    if (message !== undefined) {
      span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message });
    }
    span.end(atMs);
  }
}
