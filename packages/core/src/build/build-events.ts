/**
 * A build as its events: the async-iterable form of `tryBuild`.
 *
 * @module
 */
import { eventStream } from "../events/event-stream.ts";
import type { BuildEvent } from "../events/event.ts";
import { tryBuild, type BuildOptions } from "./build.ts";
import type { Targets } from "./ground.ts";
import type { Report } from "./report.ts";

/** How to build, and what leaving the events does. */
export interface BuildEventsOptions extends BuildOptions {
  /**
   * Whether leaving the loop over the events cancels the build. Otherwise it goes on, unseen.
   *
   * @defaultValue false
   */
  readonly cancelOnLeave?: boolean;
}

/** A build that is under way. */
export interface BuildRun {
  /** Everything that happens, up to the end of the build. Held in memory until it is read. */
  readonly events: AsyncIterable<BuildEvent>;
  /** What {@link tryBuild} gives or throws. Awaiting it after the events is soon enough. */
  readonly report: Promise<Report>;
}

/**
 * Starts to build, as {@link tryBuild} does, and gives the events to read.
 *
 * The events end when the build does, whether or not it got as far as to have any.
 *
 * @example
 * ```ts
 * const run = buildEvents(app, { runner: localRunner() });
 * for await (const event of run.events) console.log(event.type);
 * const report = await run.report;
 * ```
 */
export function buildEvents(targets: Targets, options: BuildEventsOptions): BuildRun {
  const { cancelOnLeave = false, onEvent, signal, ...others } = options;
  const controller = new AbortController();
  const reason = new Error("nobody reads the events of the build any more");
  const onLeave = cancelOnLeave ? (): void => controller.abort(reason) : (): void => {};
  const stream = eventStream({ onLeave });
  const report = tryBuild(targets, {
    ...others,
    signal: AbortSignal.any([controller.signal, ...(signal ? [signal] : [])]),
    onEvent: (event) => {
      stream.onEvent(event);
      onEvent?.(event);
    },
  }).finally(stream.end);
  // It may fail while its events are still being read, which is not to end the process.
  report.catch(() => {});
  return { events: stream.events, report };
}
