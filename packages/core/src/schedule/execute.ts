/**
 * Executing: one action on a runner, with a time limit, and a verdict on what the runner saw.
 *
 * @module
 */
import { StringDecoder } from "node:string_decoder";

import type { Clock } from "../base/clock.ts";
import { BuildError } from "../errors/build-error.ts";
import { stageFailed, stageTimedOut } from "../errors/command-errors.ts";
import { outputMissing } from "../errors/output-errors.ts";
import { runnerFailed } from "../errors/runner-errors.ts";
import type { StagePhase } from "../events/event.ts";
import type { StageCall } from "../graph/stage.ts";
import { checkFunction } from "../rebuild/check-function.ts";
import type { Action, Execution, Runner } from "../runner/runner.ts";
import type { ContentStore } from "../store/store.ts";
import { LogTail } from "./log-tail.ts";
import { findReadOnly } from "./read-only.ts";
import { findUndeclared, type UndeclaredPath } from "./undeclared.ts";

/** Lines of log that an error shows. */
const shownLines = 20;

/** Lines of log that are searched for what was missing. */
const searchedLines = 200;

const placeNames = { machine: "on this machine", project: "in the project" } as const;

/** Where an action runs, and who hears of it. */
export interface ExecutionContext {
  readonly runner: Runner;
  readonly content: ContentStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Absolute root directory of the build, from which sources are named. */
  readonly project: string;
  readonly onText: (stream: "stdout" | "stderr", text: string) => void;
  /** Called when the command comes further, if the runner tells. */
  readonly onPhase?: ((phase: StagePhase) => void) | undefined;
  /** Whether it is run to be compared with an earlier run. */
  readonly mustExecute?: boolean | undefined;
  /** Called when the command has ended, and keeping its outputs is left. */
  readonly onEnded?: (() => Promise<void>) | undefined;
}

/** An execution, and why it does not count as a success, if it does not. */
export interface Verdict {
  readonly execution: Execution | undefined;
  readonly error: BuildError | undefined;
}

/**
 * Runs an action and judges the outcome.
 *
 * Rejects with the signal's reason when the signal is aborted, and with `BLOB_LOST`: then nothing can
 * be said about the action.
 */
export async function execute(
  action: Action,
  call: StageCall,
  context: ExecutionContext,
): Promise<Verdict> {
  const { runner, content, signal } = context;
  const deadline = new Deadline(call.command.run.timeoutMs, context.clock);
  const tail = new LogTail();
  // Made when something is printed: most commands print nothing.
  const decoders: { stdout?: StringDecoder; stderr?: StringDecoder } = {};
  const say = (stream: "stdout" | "stderr", text: string): void => {
    if (text === "") return;
    tail.add(text);
    context.onText(stream, text);
  };
  try {
    if (call.command.fn !== undefined) await checkFunction(call.command.fn, call);
    const execution = await runner.run(action, {
      content,
      clock: context.clock,
      signal: deadline.with(signal),
      onEnded: context.onEnded,
      onPhase: context.onPhase,
      mustExecute: context.mustExecute,
      onLog: (stream, chunk) => {
        const decoder = (decoders[stream] ??= new StringDecoder("utf8"));
        say(stream, decoder.write(Buffer.from(chunk)));
      },
    });
    for (const stream of ["stdout", "stderr"] as const) {
      say(stream, decoders[stream]?.end() ?? "");
    }
    signal.throwIfAborted();
    const error = judge(action, call, execution, deadline, tail);
    if (error?.code !== "STAGE_FAILED") return { execution, error };
    const lines = tail.lines(searchedLines);
    const undeclared = await findUndeclared(lines, call, {
      ...{ action, execution, content, project: context.project },
      hermeticity: runner.hermeticity,
    });
    const readOnly = findReadOnly(lines, action, execution);
    const found = { undeclared, readOnly };
    return { execution, error: judge(action, call, execution, deadline, tail, found) };
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.isOver) return { execution: undefined, error: timedOut(action, call, tail) };
    if (error instanceof BuildError && error.code === "BLOB_LOST") throw error;
    const isForeseen = error instanceof BuildError;
    const broken = (): BuildError => runnerFailed(`the ${runner.name} runner`, action.name, error);
    return { execution: undefined, error: isForeseen ? error : broken() };
  } finally {
    deadline.clear();
  }
}

function judge(
  action: Action,
  call: StageCall,
  execution: Execution,
  deadline: Deadline,
  tail: LogTail,
  found: {
    readonly undeclared: readonly UndeclaredPath[];
    readonly readOnly: readonly string[];
  } = { undeclared: [], readOnly: [] },
): BuildError | undefined {
  if (deadline.isOver) return timedOut(action, call, tail);
  const { exitCode } = execution;
  if (exitCode !== 0 && (exitCode === undefined || !action.isAttempt)) {
    return stageFailed({
      stage: action.name,
      argv: action.argv,
      exitCode,
      signal: execution.endedBy,
      declaredAt: call.declaredAt,
      log: tail.lines(shownLines),
      tools: action.tools?.map(({ name }) => name),
      undeclared: found.undeclared.map(({ path, in: where }) => `${path} (${placeNames[where]})`),
      readOnly: found.readOnly,
      remark: execution.remark,
    });
  }
  if (execution.fault !== undefined) return execution.fault;
  for (const { path, isOptional } of exitCode === 0 ? action.outputs : []) {
    if (isOptional || execution.outputs.has(path)) continue;
    const { declaredAt } = call;
    return outputMissing({ stage: action.name, path, produced: execution.written, declaredAt });
  }
  return undefined;
}

function timedOut(action: Action, call: StageCall, tail: LogTail): BuildError {
  return stageTimedOut({
    stage: action.name,
    argv: action.argv,
    timeoutMs: call.command.run.timeoutMs ?? 0,
    declaredAt: call.declaredAt,
    log: tail.lines(shownLines),
  });
}

/** A time limit, as a signal. */
class Deadline {
  readonly #controller: AbortController | undefined;
  readonly clear: () => void;

  constructor(timeoutMs: number | undefined, clock: Clock) {
    this.#controller = timeoutMs === undefined ? undefined : new AbortController();
    const over = (): void => this.#controller?.abort(new Error("out of time"));
    this.clear = timeoutMs === undefined ? () => {} : clock.after(timeoutMs, over);
  }

  /** The signal, aborted as well when time is over. Composing signals costs; most have no limit. */
  with(signal: AbortSignal): AbortSignal {
    return this.#controller === undefined
      ? signal
      : AbortSignal.any([signal, this.#controller.signal]);
  }

  get isOver(): boolean {
    return this.#controller?.signal.aborted === true;
  }
}
