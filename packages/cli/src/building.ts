/**
 * Building with reporters: what `build`, `export` and `verify` have in common.
 *
 * @module
 */
import { writeFileSync } from "node:fs";

import {
  recordEvents,
  renderError,
  type BuildEvent,
  type BuildOptions,
  type Handle,
  type Report,
} from "@ashlar/core";

import { reportUnwritable } from "./errors.ts";
import { exitCode, exitCodeOf, type ExitCode } from "./exit-code.ts";
import { BuildMemory } from "./last-build.ts";
import type { Options } from "./options.ts";
import { ownWords } from "./own-words.ts";
import { chooseReporter } from "./reporters/choose.ts";
import { jsonReporter, type Render } from "./reporters/json.ts";
import { labelled } from "./reporters/labelled.ts";
import { several, type BuildEnd, type Reporter } from "./reporters/reporter.ts";
import type { Session } from "./session.ts";
import { stoppedCode } from "./show-fault.ts";
import { Stopped, type Surroundings } from "./surroundings.ts";

/** A build that is told of. */
export interface Told<T> {
  readonly value: T;
  readonly code: ExitCode;
}

/** A build that is over. */
export interface Done<T> {
  readonly value: T;
  readonly report: Report;
  /** Whether it was stopped because another one follows at once: then its end is no news. @defaultValue false */
  readonly isOvertaken?: boolean;
}

/**
 * Builds, and tells of it as the options say.
 *
 * @param handles - What is built.
 * @param run - Does it, and says what came of it.
 */
export async function tellOf<T>(
  session: Session,
  handles: readonly Handle[],
  options: Options,
  surroundings: Surroundings,
  run: (options: BuildOptions) => Promise<Done<T>>,
): Promise<Told<T>> {
  const { out } = surroundings;
  const reporters: Reporter[] = [await chooseReporter(session, handles, options, surroundings)];
  if (options.json === true) {
    const render: Render = (error) => ownWords(renderError(error));
    reporters.push(jsonReporter((report) => out.write(`${JSON.stringify(report)}\n`), render));
  }
  if (options.junit !== undefined) reporters.push(await junitInto(options.junit));
  const reporter = several([
    labelled(several(reporters)),
    ...(session.file.settings.reporters ?? []),
  ]);
  const ready = await session.ready();
  const recording = openRecording(options.events);
  const memory = new BuildMemory();
  const onEvent = (event: BuildEvent): void => {
    memory.onEvent(event);
    reporter.onEvent(event);
    recording?.onEvent(event);
  };
  let end: BuildEnd | undefined;
  try {
    const { value, report, isOvertaken = false } = await run({ ...ready, onEvent });
    memory.keep(session.store, session.file.path, report, session.slots);
    if (isOvertaken) return { value, code: codeOf(report, surroundings) };
    end = report;
    try {
      reporter.end(end);
    } finally {
      // One report that cannot be written is no reason to lose another.
      await recording?.close();
    }
    return { value, code: codeOf(report, surroundings) };
  } finally {
    if (end === undefined) {
      reporter.end(undefined);
      await recording?.close().catch(() => {});
    }
  }
}

/** @throws {@link BuildError} `REPORT_UNWRITABLE`, when the build is over. */
async function junitInto(path: string): Promise<Reporter> {
  const { junitReporter } = await import("./reporters/junit.ts");
  return junitReporter((xml) => {
    try {
      writeFileSync(path, xml);
    } catch (error) {
      throw reportUnwritable(path, error);
    }
  });
}

interface OpenRecording {
  readonly onEvent: (event: BuildEvent) => void;
  close(): Promise<void>;
}

function openRecording(path: string | undefined): OpenRecording | undefined {
  if (path === undefined) return undefined;
  const recording = recordEvents(path);
  return {
    onEvent: recording.onEvent,
    close: async () => {
      try {
        await recording.close();
      } catch (error) {
        throw reportUnwritable(path, error);
      }
    },
  };
}

/** The exit code of a build that has a report. */
export function codeOf(
  { outcome, errors }: Pick<Report, "outcome" | "errors">,
  { signal }: Pick<Surroundings, "signal">,
): ExitCode {
  if (outcome === "succeeded") return exitCode.succeeded;
  const { reason } = signal as { readonly reason?: unknown };
  if (signal.aborted && reason instanceof Stopped) return stoppedCode(reason);
  return outcome === "cancelled" ? exitCode.interrupted : exitCodeOf(errors[0]?.code ?? "");
}
